import { type ResolvConf } from './resolv-conf';

/** RFC 1035 §3.1, without the root's dot. */
const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * The absolute names, without the root's dot, that a name may stand for, in the order in which glibc asks for them: as it is first when it has `ndots` dots, else
 * in the search domains first; a dot at its end says that it is absolute.
 */
export function candidatesOf(name: string, { search, ndots }: Pick<ResolvConf, 'search' | 'ndots'>): string[] {
  if (name.endsWith('.')) {
    return [name.slice(0, -1)].filter(isValid);
  }
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => (domain === '' ? name : `${name}.${domain}`));
  const all = dots >= ndots ? [name, ...searched] : [...searched, name];
  return [...new Set(all)].filter(isValid);
}

function isValid(name: string): boolean {
  return name.length <= MAX_NAME && name.split('.').every((label) => label !== '' && label.length <= MAX_LABEL);
}
