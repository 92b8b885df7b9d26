import { type ResolvConf } from './resolv-conf';

/** RFC 1035 §3.1, without the root's dot. */
const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * Returns the absolute names, without the root's dot, that a name may stand for, in glibc's order: with at least `ndots` dots the name
 * itself first, otherwise the search domains first. A name with a dot at the end is absolute.
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
