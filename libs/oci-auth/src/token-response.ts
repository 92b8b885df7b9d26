import { isJsonObject, type JsonObject, parseJsonObject } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { OciAuthError } from './oci-auth.errors';
import { type RegistryHttpResponse } from './upstream-registry';

/** A token with the time until which it may be used. */
export interface IssuedToken {
  readonly value: Sensitive;
  /** Milliseconds since the epoch, by our own clock. */
  readonly expiresAt: number;
  /** It says itself that it allows nothing. */
  readonly allowsNothing: boolean;
}

/** Token specification: without `expires_in` it is 60 s. */
const DEFAULT_LIFETIME_S = 60;
/** A token is used no longer than this whatever the server says: a revoked account should not live on in a cache. */
const MAXIMUM_LIFETIME_S = 3600;
/** Beyond this no server takes it back as a header (common limits are 8 to 16 KiB). */
const MAX_TOKEN_LENGTH = 32 * 1024;
/** Visible ASCII: what may stand in a header without changing its meaning. */
const TOKEN = /^[!-~]+$/;

function invalid(problem: string): OciAuthError {
  return new OciAuthError('TokenResponseInvalid', `The token server's answer ${problem}.`);
}

function parseObject(body: Buffer): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes the text, which may hold a token: it is not kept as the cause.
    throw invalid('is not JSON');
  }
  if (!isJsonObject(parsed)) {
    throw invalid('is not a JSON object');
  }
  return parsed;
}

/** `token`, or for OAuth 2 compatibility `access_token`; Harbor sends the second one empty beside the first, ACR only the second. */
function tokenOf(fields: JsonObject): string {
  const token = [fields['token'], fields['access_token']].find((value) => typeof value === 'string' && value !== '');
  if (typeof token !== 'string') {
    throw invalid('holds neither "token" nor "access_token"');
  }
  if (token.length > MAX_TOKEN_LENGTH || !TOKEN.test(token)) {
    throw invalid('holds a token that cannot be sent in a header');
  }
  return token;
}

/**
 * Whether the token is a JSON Web Token with an `access` claim that lists no action (distribution's "Token Authentication
 * Implementation"). To every other token, which is opaque to clients, the answer is no.
 */
function allowsNothing(token: string): boolean {
  const claims = parseJsonObject(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  if (!claims || !('access' in claims)) {
    return false;
  }
  const { access } = claims;
  return access === null || (Array.isArray(access) && access.every((entry: unknown) => lists(entry, 'actions') === 0));
}

/** How many elements an array has that is a field of an object; undefined when there is no such array. */
function lists(value: unknown, field: string): number | undefined {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  return list === null ? 0 : Array.isArray(list) ? list.length : undefined;
}

/** A server that says less than the 60 s of the specification is believed: such a token is refused before they are over. */
function lifetimeMs(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : DEFAULT_LIFETIME_S;
  return Math.min(seconds, MAXIMUM_LIFETIME_S) * 1000;
}

function parseTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/**
 * How old the token was when it came, in milliseconds. `issued_at` is measured against the answer's own Date where there
 * is one, so that our clock and the server's may differ. Missing (GitLab, Quay), in the future, or so old that the token
 * would have come expired: the token counts as new, else every request would fetch another one.
 */
function ageMs(issuedAt: number | undefined, serverNow: number, lifetime: number): number {
  if (issuedAt === undefined) {
    return 0;
  }
  const age = serverNow - issuedAt;
  return age > 0 && age < lifetime ? age : 0;
}

/**
 * Reads a token server's successful response (distribution's token specification, "Token Response Fields").
 * `requestedAt` is the time before the request was sent. Throws OciAuthError `TokenResponseInvalid`.
 */
export function parseTokenResponse(response: RegistryHttpResponse, requestedAt: number): IssuedToken {
  const fields = parseObject(response.body);
  const token = tokenOf(fields);
  const lifetime = lifetimeMs(fields['expires_in']);
  const serverNow = parseTime(response.headers['date']) ?? requestedAt;
  const expiresAt = requestedAt + lifetime - ageMs(parseTime(fields['issued_at']), serverNow, lifetime);
  return { value: new Sensitive(token), expiresAt, allowsNothing: allowsNothing(token) };
}
