import { Sensitive } from '@oci-connector/sensitive';

/** User name and password (RFC 7617 §2, `user-pass`). */
export interface UserPass {
  /** Must not contain a colon, because the first colon ends the user name. */
  readonly username: string;
  readonly password: Sensitive;
}

/** Returns the value of an Authorization header with the scheme Basic (RFC 7617 §2), in UTF-8 (§2.1). */
export function basicAuthorization({ username, password }: UserPass): Sensitive {
  const pair = Buffer.from(`${username}:${password.reveal()}`, 'utf8');
  return new Sensitive(`Basic ${pair.toString('base64')}`);
}
