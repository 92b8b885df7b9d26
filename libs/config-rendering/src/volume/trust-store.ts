import { createHash, createHmac } from 'node:crypto';

/** Java's conventional password. It protects nothing: the file contains only certificates, which are public. */
export const TRUST_STORE_PASSWORD = 'changeit';

/** Tags of DER (X.690). */
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const NULL = 0x05;
const OBJECT_IDENTIFIER = 0x06;
const BMP_STRING = 0x1e;
const EXPLICIT_0 = 0xa0;

/** 1.2.840.113549.1.7.1, PKCS #7 data. */
const DATA = objectIdentifier('2a864886f70d010701');
/** 1.2.840.113549.1.12.10.1.3, certBag. */
const CERT_BAG = objectIdentifier('2a864886f70d010c0a0103');
/** 1.2.840.113549.1.9.22.1, x509Certificate. */
const X509_CERTIFICATE = objectIdentifier('2a864886f70d01091601');
/** 1.2.840.113549.1.9.20, friendlyName. */
const FRIENDLY_NAME = objectIdentifier('2a864886f70d010914');
/** 2.16.840.1.113894.746875.1.1, Oracle's trustedKeyUsage. */
const TRUSTED_KEY_USAGE = objectIdentifier('6086480186f966adca7b0101');
/** 2.5.29.37.0, anyExtendedKeyUsage. */
const ANY_EXTENDED_KEY_USAGE = objectIdentifier('551d2500');
/** 2.16.840.1.101.3.4.2.1, SHA-256. */
const SHA_256 = objectIdentifier('608648016503040201');

/** In bytes; the block size of SHA-256, to which PKCS #12 pads the input of a key. */
const HASH_BLOCK = 64;
const SALT_BYTES = 16;
/** What a derived key is for (RFC 7292 appendix B.3): a MAC. */
const KEY_OF_MAC = 3;

/**
 * Returns a PKCS #12 file (RFC 7292) with the certificates, which Java reads as a truststore. The certificates are not encrypted: OpenSSL and
 * Java read such files, and nothing in them is secret. The MAC is for programs that require one. The same certificates always give the same
 * file.
 *
 * @param certificates in DER
 */
export function trustStore(certificates: readonly Buffer[]): Buffer {
  const bags = certificates.map((certificate, index) => certificateBag(certificate, `authority-${index + 1}`));
  const authenticatedSafe = der(SEQUENCE, contentInfo(der(SEQUENCE, ...bags)));
  return der(SEQUENCE, integer(3), contentInfo(authenticatedSafe), macData(authenticatedSafe));
}

/**
 * Java takes a certificate for a trusted one only if the attribute trustedKeyUsage says for what (PKCS12KeyStore.java in OpenJDK). It uses
 * the friendly name as alias.
 */
function certificateBag(certificate: Buffer, name: string): Buffer {
  const value = der(SEQUENCE, X509_CERTIFICATE, der(EXPLICIT_0, der(OCTET_STRING, certificate)));
  // DER requires the members of a set in the order of their bytes.
  const attributes = [
    der(SEQUENCE, TRUSTED_KEY_USAGE, der(SET, ANY_EXTENDED_KEY_USAGE)),
    der(SEQUENCE, FRIENDLY_NAME, der(SET, der(BMP_STRING, bmpText(name)))),
  ];
  return der(SEQUENCE, CERT_BAG, der(EXPLICIT_0, value), der(SET, ...attributes));
}

function contentInfo(content: Buffer): Buffer {
  return der(SEQUENCE, DATA, der(EXPLICIT_0, der(OCTET_STRING, content)));
}

/** The salt comes from the content, so that the file changes only with it. With a password that everybody knows, a random one adds nothing. */
function macData(content: Buffer): Buffer {
  const salt = sha256(content).subarray(0, SALT_BYTES);
  const mac = createHmac('sha256', macKey(salt)).update(content).digest();
  const digestInfo = der(SEQUENCE, der(SEQUENCE, SHA_256, der(NULL)), der(OCTET_STRING, mac));
  // The number of iterations is 1, the default, which DER leaves out: more would only slow down readers.
  return der(SEQUENCE, digestInfo, der(OCTET_STRING, salt));
}

/** Derives the key of the MAC from the password (RFC 7292 appendix B.2), for one iteration and a key as long as the hash. */
function macKey(salt: Buffer): Buffer {
  const password = bmpText(`${TRUST_STORE_PASSWORD}\0`);
  return sha256(Buffer.concat([Buffer.alloc(HASH_BLOCK, KEY_OF_MAC), repeated(salt), repeated(password)]));
}

/** Repeats the bytes up to the block size. Both inputs are shorter than that. */
function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(HASH_BLOCK, bytes);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Encodes text of ASCII characters as UTF-16 in network byte order. */
function bmpText(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

function objectIdentifier(hex: string): Buffer {
  return der(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'));
}

/** @param value from 0 to 127 */
function integer(value: number): Buffer {
  return der(INTEGER, Buffer.from([value]));
}

/** Encodes a value of DER: tag, length and content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...encodedLength(length)]), ...parts]);
}

/** X.690 §8.1.3: one byte up to 127; above, the number of bytes, and the bytes. */
function encodedLength(length: number): readonly number[] {
  if (length < 0x80) {
    return [length];
  }
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return [0x80 | bytes.length, ...bytes];
}
