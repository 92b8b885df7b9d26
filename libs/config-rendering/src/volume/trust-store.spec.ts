import { createHash } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';
import { TRUST_STORE_PASSWORD, trustStore } from './trust-store';

const ROOTS = rootCertificates.map((pem) => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64'));

/** A value of DER, with its inner values if it is a constructed one. */
interface Value {
  readonly tag: number;
  readonly content: Buffer;
  readonly inner: readonly Value[];
}

function parse(bytes: Buffer): Value[] {
  const values: Value[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const tag = rest.readUInt8(0);
    const first = rest.readUInt8(1);
    const digits = first < 0x80 ? 0 : first & 0x7f;
    const length = digits === 0 ? first : rest.readUIntBE(2, digits);
    const content = rest.subarray(2 + digits, 2 + digits + length);
    if (content.length !== length) {
      throw new Error('a value is longer than its bytes');
    }
    values.push({ tag, content, inner: (tag & 0x20) === 0 ? [] : parse(content) });
    rest = rest.subarray(2 + digits + length);
  }
  return values;
}

/** Returns the value at a path of indexes. */
function at(values: readonly Value[], ...[index, ...more]: readonly number[]): Value {
  const value = values[index ?? 0];
  if (!value) {
    throw new Error(`there is no value ${index}`);
  }
  return more.length === 0 ? value : at(value.inner, ...more);
}

/** Returns the bags in a truststore. */
function bagsOf(store: Buffer): readonly Value[] {
  const authenticatedSafe = parse(at(parse(store), 0, 1, 1, 0).content);
  return at(parse(at(authenticatedSafe, 0, 0, 1, 0).content), 0).inner;
}

/** What OpenSSL says about the file. A truststore has no key, so Node.js cannot use it as an identity; but it checks the MAC before that. */
function opened(pfx: Buffer, passphrase: string): string {
  try {
    createSecureContext({ pfx, passphrase });
  } catch (error) {
    return (error as Error).message;
  }
  return 'has a key';
}

const base64 = (texts: readonly Buffer[]): string[] => texts.map((text) => text.toString('base64'));

describe('trustStore', () => {
  it.each([0, 1, 2, 300])('contains exactly the certificates, %d of them, each trusted for every purpose', (count) => {
    const certificates = Array.from({ length: count }, (_item, index) => ROOTS[index % ROOTS.length] ?? Buffer.alloc(0));
    const bags = bagsOf(trustStore(certificates));
    expect(bags.map(({ inner }) => at(inner, 1, 0, 1, 0).content.toString('base64'))).toEqual(base64(certificates));
    const attributes = bags.map(({ inner }) => at(inner, 2).inner.map((value) => value.inner));
    expect(attributes.every(([usage]) => at(usage ?? [], 0).content.toString('hex') === '6086480186f966adca7b0101')).toBe(true);
    expect(attributes.every(([usage]) => at(usage ?? [], 1, 0).content.toString('hex') === '551d2500')).toBe(true);
    const names = attributes.map(([, name]) =>
      Buffer.from(at(name ?? [], 1, 0).content)
        .swap16()
        .toString('utf16le'),
    );
    expect(names).toEqual(certificates.map((_certificate, index) => `authority-${index + 1}`));
  });

  it.each([1, 50, 100, 127, 128, 200, 255, 256, 65_535, 65_536])('encodes the length of a certificate of %d bytes', (length) => {
    const certificate = Buffer.alloc(length, 7);
    expect(at(bagsOf(trustStore([certificate])), 0, 1, 0, 1, 0).content.equals(certificate)).toBe(true);
  });

  it('has a MAC of its password', () => {
    const store = trustStore(ROOTS);
    expect(opened(store, `${TRUST_STORE_PASSWORD}1`)).toBe('mac verify failure');
    const problem = opened(store, TRUST_STORE_PASSWORD);
    expect(problem).not.toBe('mac verify failure');
    const changed = Buffer.from(store);
    const middle = Math.floor(store.length / 2);
    changed.writeUInt8(store.readUInt8(middle) ^ 1, middle);
    expect(opened(changed, TRUST_STORE_PASSWORD)).toBe('mac verify failure');
  });

  it('is the same file for the same certificates, and another one for others', () => {
    const hash = (certificates: readonly Buffer[]) => createHash('sha256').update(trustStore(certificates)).digest('hex');
    expect(hash(ROOTS)).toBe(hash(ROOTS));
    expect(hash(ROOTS)).not.toBe(hash(ROOTS.slice(1)));
  });
});
