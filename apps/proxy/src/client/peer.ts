/**
 * Returns the peer that an address belongs to: an IPv4 address, in IPv4 notation, or the /64 network of an IPv6 address, because a machine
 * has at least a /64 of its own (RFC 4291 §2.5.1).
 *
 * @param address the remote address of a socket, as Node.js provides it
 */
export function peerOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) {
    return mapped;
  }
  if (!address.includes(':')) {
    return address;
  }
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeros = Array<string>(Math.max(0, tail === undefined ? 0 : 8 - left.length - right.length)).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}
