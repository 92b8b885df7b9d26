import { createHash } from 'node:crypto';
import { refused } from '../template-problem';
import { characterwise, define, type FunctionTable, type TemplateFunction } from './template-function';

/** sprig: encodings and checksums of bytes. */
export const ENCODING: FunctionTable = {
  b64enc: define(['string'], ([bytes]) => Buffer.from(bytes, 'latin1').toString('base64')),
  b64dec: define(['string'], ([text]) => decodeBase64(text)),
  b32enc: characterwise(define(['string'], ([bytes]) => encodeBase32(bytes))),
  b32dec: characterwise(define(['string'], ([text]) => decodeBase32(text))),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  adler32sum: define(['string'], ([bytes]) => String(adler32(bytes))),
};

function hash(algorithm: 'sha1' | 'sha256' | 'sha512'): TemplateFunction {
  return define(['string'], ([bytes]) => createHash(algorithm).update(bytes, 'latin1').digest('hex'));
}

/** Returns the checksum of RFC 1950 §8.2, which sprig prints in decimal. */
function adler32(bytes: string): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; at++) {
    a = (a + bytes.charCodeAt(at)) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** Padded text in groups of 4 (base64) and 8 (base32) digits. Bits beyond the last byte are ignored. */
const BASE64_TEXT = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const BASE32_TEXT = /^(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=)?$/;

/** Returns the text without line breaks. Refuses malformed text, for which sprig writes an error message into the output. */
function checkedDigits(text: string, form: RegExp, name: string): string {
  const digits = text.replace(/[\r\n]/g, '');
  if (!form.test(digits)) {
    throw refused(`${name} of malformed text`, 'sprig would put its error message into the file');
  }
  return digits;
}

function decodeBase64(text: string): string {
  return Buffer.from(checkedDigits(text, BASE64_TEXT, 'b64dec'), 'base64').toString('latin1');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Encodes as RFC 4648 §6 defines. */
function encodeBase32(bytes: string): string {
  let encoded = '';
  let bits = 0;
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    bits = ((bits << 8) | bytes.charCodeAt(at)) & 0xfff;
    for (count += 8; count >= 5; count -= 5) {
      encoded += BASE32.charAt((bits >> (count - 5)) & 0x1f);
    }
  }
  if (count > 0) {
    encoded += BASE32.charAt((bits << (5 - count)) & 0x1f);
  }
  return encoded.padEnd(Math.ceil(encoded.length / 8) * 8, '=');
}

function decodeBase32(text: string): string {
  let decoded = '';
  let bits = 0;
  let count = 0;
  for (const digit of checkedDigits(text, BASE32_TEXT, 'b32dec').replace(/=+$/, '')) {
    bits = ((bits << 5) | BASE32.indexOf(digit)) & 0xfff;
    count += 5;
    if (count < 8) {
      continue;
    }
    count -= 8;
    decoded += String.fromCharCode((bits >> count) & 0xff);
  }
  return decoded;
}
