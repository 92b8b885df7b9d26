import { isIPv4 } from 'node:net';

/** RFC 1035 §3.2.2 and RFC 3596. */
export const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;
/** RFC 1035 §4.1.1. */
export const CODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

/** The one question of a query. */
export interface DnsQuestion {
  readonly id: number;
  /** In lower case, without the root's dot. */
  readonly name: string;
  readonly type: number;
  /** The bytes as they arrived, for the answer. */
  readonly bytes: Buffer;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  readonly ttl: number;
  /** An address, or the name that a CNAME refers to. */
  readonly value: string;
}

export interface DnsReply {
  readonly code: keyof typeof CODES;
  readonly records: readonly DnsRecord[];
  readonly truncated?: boolean;
}

const HEADER = 12;

export function readQuestion(message: Buffer): DnsQuestion {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const bytes = message.subarray(HEADER, at + 5);
  return { id: message.readUInt16BE(0), name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), bytes };
}

export function writeReply(question: DnsQuestion, { code, records, truncated = false }: DnsReply): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(question.id, 0);
  // An answer, authoritative, recursion desired and available.
  header.writeUInt16BE(0x8580 | (truncated ? 0x0200 : 0) | CODES[code], 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.bytes, ...records.map(recordBytes)]);
}

function recordBytes({ name, type, ttl, value }: DnsRecord): Buffer {
  const data = type === 'CNAME' ? nameBytes(value) : addressBytes(value);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(name), fixed, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.of(0)]);
}

/** Supports IPv6 addresses only in the forms `a:b:…` and `…::…` without an IPv4 part. */
function addressBytes(address: string): Buffer {
  if (isIPv4(address)) {
    return Buffer.from(address.split('.').map(Number));
  }
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
