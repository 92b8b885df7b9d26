import { isIP } from 'node:net';

/** Addresses by name, as in hosts(5). */
export type Hosts = ReadonlyMap<string, readonly string[]>;

/**
 * Parses the lines `ADDRESS NAME…` of a hosts file. Names are converted to lower case. An address may have many names and a name many
 * addresses, on any lines. Lines in another form are ignored, as in glibc, and so are addresses with a zone, which cannot be dialled.
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
