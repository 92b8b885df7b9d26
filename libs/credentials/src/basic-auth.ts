import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';
import { readSecretText } from './secret-value';

export interface UsernameAndPassword {
  username: string;
  password: string;
}

/**
 * RFC 7617 §2: neither user-id nor password may contain a control character. Line breaks and tabs within a password are allowed
 * nevertheless, because the password for Google's `_json_key` is a file of several lines.
 */
const CONTROL = {
  username: /[\u0000-\u001f\u007f]/,
  password: /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|^[\t\n\r]|[\t\n\r]$/,
};

/** Longer values do not fit in a request: servers accept headers of 8 to 16 KiB, a few 32. The longest known, Amazon's, have about 4 KiB. In characters. */
const MAX_LENGTH = 32 * 1024;

/**
 * Reads a Secret with the keys `username` and `password`.
 *
 * @throws CredentialError when a key is missing or its value cannot be used
 */
export function readBasicAuth(secret: SecretObject): UsernameAndPassword {
  const username = readSecretText(secret, 'username');
  const password = readSecretText(secret, 'password');
  checkBasicAuth(secret, { username, password }, { username: 'key "username"', password: 'key "password"' });
  return { username, password };
}

/**
 * Checks that the values can be sent as HTTP Basic authentication. The usual mistake is a password with a line break at the end, written
 * by `echo … | base64`: the registry would only respond that the password is wrong.
 *
 * @param where how the message names the place of each value
 * @throws CredentialError `SecretInvalid` when a value cannot be sent
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
        `${describeSecret(secret)}: ${where[part]} contains a control character, or a line break at its end, which no registry accepts; write the value without one (printf %s, not echo)`,
      );
    }
  }
  // RFC 7617 §2: the first colon ends the user-id.
  if (values.username.includes(':')) {
    throw new CredentialError(
      'SecretInvalid',
      `${describeSecret(secret)}: ${where.username} contains a colon, which is not allowed in a user name`,
    );
  }
}
