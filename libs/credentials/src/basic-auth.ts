import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';
import { readSecretText } from './secret-value';

export interface UsernameAndPassword {
  username: string;
  password: string;
}

/**
 * RFC 7617 §2: neither user-id nor password may contain a control character. Line breaks and tabs within a password are let through all
 * the same: the password for Google's `_json_key` is a file of several lines.
 */
const CONTROL = {
  username: /[\u0000-\u001f\u007f]/,
  password: /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|^[\t\n\r]|[\t\n\r]$/,
};

/** Longer ones fit in no request: servers take 8 to 16 KiB of headers, a few 32. The longest known, Amazon's, have some 4 KiB. In characters. */
const MAX_LENGTH = 32 * 1024;

/** A Secret with the keys `username` and `password`. @throws CredentialError */
export function readBasicAuth(secret: SecretObject): UsernameAndPassword {
  const username = readSecretText(secret, 'username');
  const password = readSecretText(secret, 'password');
  checkBasicAuth(secret, { username, password }, { username: 'key "username"', password: 'key "password"' });
  return { username, password };
}

/**
 * Refuses what cannot be sent as HTTP Basic authentication. A password with a line break at its end, written by
 * `echo … | base64`, is the usual case: the registry would only say that the password is wrong.
 *
 * @param where how the message names the place of each value
 */
export function checkBasicAuth(secret: SecretObject, values: UsernameAndPassword, where: { username: string; password: string }): void {
  for (const part of ['username', 'password'] as const) {
    if (values[part].length > MAX_LENGTH) {
      throw new CredentialError(
        'SecretInvalid',
        `${describeSecret(secret)}: ${where[part]} has more than ${MAX_LENGTH} characters, which no registry accepts`,
      );
    }
    if (CONTROL[part].test(values[part])) {
      throw new CredentialError(
        'SecretInvalid',
        `${describeSecret(secret)}: ${where[part]} holds a control character, or a line break at its end, which no registry accepts; write the value without one (printf %s, not echo)`,
      );
    }
  }
  // RFC 7617 §2: the first colon ends the user-id.
  if (values.username.includes(':')) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${where.username} holds a colon, which no user name may`);
  }
}
