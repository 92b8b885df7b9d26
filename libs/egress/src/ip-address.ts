import { isIP, isIPv4 } from 'node:net';

/** An address as 4 or 16 bytes: the same bytes for all notations of the address. */
export type AddressBytes = Uint8Array;

function parseIPv4(text: string): AddressBytes {
  return Uint8Array.from(text.split('.'), Number);
}

function groups(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
}

function parseIPv6(text: string): AddressBytes {
  // `::ffff:1.2.3.4` → `::ffff:102:304`
  const hexadecimal = text.replace(/[^:]+\.[^:]+$/, (dotted) => {
    const [a = 0, b = 0, c = 0, d = 0] = parseIPv4(dotted);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hexadecimal.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Returns the bytes of an address in its usual notation, without brackets or zone; undefined for any other text. */
export function parseAddress(text: string): AddressBytes | undefined {
  if (isIP(text) === 0 || text.includes('%')) {
    return undefined;
  }
  return isIPv4(text) ? parseIPv4(text) : parseIPv6(text);
}

/** A range of addresses of one family. */
export interface AddressRange {
  readonly bytes: AddressBytes;
  readonly prefixLength: number;
}

/**
 * Parses `ADDRESS/LENGTH`. An address without a length is a range of one address.
 *
 * @throws TypeError when the text is not a range; it names the text
 */
export function parseAddressRange(text: string): AddressRange {
  const range = readRange(text);
  if (!range) {
    throw new TypeError(`"${text}" is not an address range; write it like 10.0.0.0/8 or fd00::/8`);
  }
  return range;
}

/** Whether {@link parseAddressRange} can parse the text. */
export function isAddressRange(text: unknown): boolean {
  return typeof text === 'string' && readRange(text) !== undefined;
}

function readRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = parseAddress(address);
  const prefixLength = length === undefined ? (bytes?.length ?? 0) * 8 : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  return bytes === undefined || rest.length > 0 || !(prefixLength <= bytes.length * 8) ? undefined : { bytes, prefixLength };
}

/** Whether the address is in one of the ranges. */
export function inOneOf(ranges: readonly AddressRange[], bytes: AddressBytes): boolean {
  return ranges.some((range) => inRange(bytes, range));
}

/** Whether the address is in the range; false for another family. */
export function inRange(bytes: AddressBytes, range: AddressRange): boolean {
  if (bytes.length !== range.bytes.length) {
    return false;
  }
  const whole = range.prefixLength >> 3;
  for (let index = 0; index < whole; index++) {
    if (bytes[index] !== range.bytes[index]) {
      return false;
    }
  }
  const shift = 8 - (range.prefixLength & 7);
  return shift === 8 || (bytes[whole] ?? 0) >> shift === (range.bytes[whole] ?? 0) >> shift;
}
