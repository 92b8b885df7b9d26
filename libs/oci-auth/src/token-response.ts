import { isJsonObject, type JsonObject, parseJsonObject } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { OciAuthError } from './oci-auth.errors';
import { type RegistryHttpResponse } from './upstream-registry';

/** A token and its expiry time. */
export interface IssuedToken {
  readonly value: Sensitive;
  /** Milliseconds since the epoch, by this program's clock. */
  readonly expiresAt: number;
  /** The token's `access` claim lists no action. */
  readonly allowsNothing: boolean;
}

/** The lifetime without `expires_in` (token specification). */
const DEFAULT_LIFETIME_S = 60;
/** A token is used no longer than this, whatever the server says, so that a revoked account does not stay valid in a cache. */
const MAXIMUM_LIFETIME_S = 3600;
/** No server accepts a longer token in a header (common limits are 8 to 16 KiB). */
const MAX_TOKEN_LENGTH = 32 * 1024;
/** Visible ASCII: a header can contain these characters without a change of meaning. */
const TOKEN = /^[!-~]+$/;

function invalid(problem: string): OciAuthError {
  return new OciAuthError('TokenResponseInvalid', `The token server's answer ${problem}.`);
}

function parseObject(body: Buffer): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message quotes the text, which may contain a token, so it is not kept as the cause.
    throw invalid('is not JSON');
  }
  if (!isJsonObject(parsed)) {
    throw invalid('is not a JSON object');
  }
  return parsed;
}

/** Reads `token` or, for OAuth 2 compatibility, `access_token`. Harbor sends both with the second one empty; ACR sends only the second. */
function tokenOf(fields: JsonObject): string {
  const token = [fields['token'], fields['access_token']].find((value) => typeof value === 'string' && value !== '');
  if (typeof token !== 'string') {
    throw invalid('contains neither "token" nor "access_token"');
  }
  if (token.length > MAX_TOKEN_LENGTH || !TOKEN.test(token)) {
    throw invalid('contains a token that cannot be sent in a header');
  }
  return token;
}

/**
 * Whether the token is a JSON Web Token with an `access` claim that lists no action (distribution's "Token Authentication
 * Implementation"). False for every other token, which is opaque to clients.
 */
function allowsNothing(token: string): boolean {
  const claims = parseJsonObject(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  if (!claims || !('access' in claims)) {
    return false;
  }
  const { access } = claims;
  return access === null || (Array.isArray(access) && access.every((entry: unknown) => lists(entry, 'actions') === 0));
}

/** Returns the length of the array in a field of an object; 0 for null, undefined when there is no such array. */
function lists(value: unknown, field: string): number | undefined {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
  return list === null ? 0 : Array.isArray(list) ? list.length : undefined;
}

/** Lifetimes below the specification's 60 s are used as they are, because the registry refuses such a token after that time. */
function lifetimeMs(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : DEFAULT_LIFETIME_S;
  return Math.min(seconds, MAXIMUM_LIFETIME_S) * 1000;
}

function parseTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Returns the age of the token when it arrived, in milliseconds. `issued_at` is compared with the response's own Date when there is one,
 * so that our clock and the server's may differ. The token counts as new when `issued_at` is missing (GitLab, Quay), in the future, or
 * so old that the token would have expired; otherwise every request would fetch another token.
 */
function ageMs(issuedAt: number | undefined, serverNow: number, lifetime: number): number {
  if (issuedAt === undefined) {
    return 0;
  }
  const age = serverNow - issuedAt;
  return age > 0 && age < lifetime ? age : 0;
}

/**
 * Parses a token server's successful response (distribution's token specification, "Token Response Fields").
 *
 * @param requestedAt the time before the request was sent, in milliseconds since the epoch
 * @throws OciAuthError `TokenResponseInvalid` when there is no usable token in it
 */
export function parseTokenResponse(response: RegistryHttpResponse, requestedAt: number): IssuedToken {
  const fields = parseObject(response.body);
  const token = tokenOf(fields);
  const lifetime = lifetimeMs(fields['expires_in']);
  const serverNow = parseTime(response.headers['date']) ?? requestedAt;
  const expiresAt = requestedAt + lifetime - ageMs(parseTime(fields['issued_at']), serverNow, lifetime);
  return { value: new Sensitive(token), expiresAt, allowsNothing: allowsNothing(token) };
}
