import { isUtf8 } from 'node:buffer';
import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';

/** RFC 4648 §4 with padding, as the API server writes it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Returns the bytes of a base64 text; undefined when it is not base64. */
export function decodeBase64(text: string): Buffer | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** Returns the text of UTF-8 bytes; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/**
 * Returns the text under a key of the Secret.
 *
 * @throws CredentialError `SecretKeyMissing` or `SecretInvalid`
 */
export function readSecretText(secret: SecretObject, key: string): string {
  const data = secret.data ?? {};
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
  if (encoded === undefined || encoded === '') {
    const problem = encoded === undefined ? 'has no key' : 'has an empty value under the key';
    throw new CredentialError('SecretKeyMissing', `${describeSecret(secret)} ${problem} "${key}"; set it`);
  }
  const bytes = decodeBase64(encoded);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  if (text === undefined) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: the value of key "${key}" is not text in UTF-8`);
  }
  return text;
}
