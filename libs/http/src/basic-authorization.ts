import { Sensitive } from '@oci-connector/sensitive';

/** RFC 7617 §2, `user-pass`. */
export interface UserPass {
  /** Without a colon: the first one ends it. */
  readonly username: string;
  readonly password: Sensitive;
}

/** The value of an Authorization header with the scheme Basic (RFC 7617 §2), in UTF-8 (§2.1). */
export function basicAuthorization({ username, password }: UserPass): Sensitive {
  const pair = Buffer.from(`${username}:${password.reveal()}`, 'utf8');
  return new Sensitive(`Basic ${pair.toString('base64')}`);
}
