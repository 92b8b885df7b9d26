import { isIP } from 'node:net';

/** Addresses by name, as hosts(5) has them. */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/**
 * The lines `ADDRESS NAME…` of a hosts file; names in lower case. An address may have many names and a name many addresses, on any
 * lines. Lines that have another form count for nothing, as in glibc, and so do addresses with a zone, which nobody could dial.
 */
export function parseHostsFile(text: string): Hosts {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = fields(line);
    if (isIP(address) === 0 || address.includes('%')) {
      continue;
    }
    for (const name of names) {
      addTo(hosts, name.toLowerCase(), address);
    }
  }
  return hosts;
}

function addTo(hosts: Map<string, string[]>, name: string, address: string): void {
  const known = hosts.get(name);
  if (known === undefined) {
    hosts.set(name, [address]);
  } else if (!known.includes(address)) {
    known.push(address);
  }
}

function fields(line: string): string[] {
  const [content = ''] = line.split('#', 1);
  return content.split(/\s+/).filter((field) => field !== '');
}
