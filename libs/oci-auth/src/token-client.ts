import { randomBytes } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { basicAuthorization, parseRetryAfter, type UserPass } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { LRUCache } from 'lru-cache';
import { OciAuthError, unreachable } from './oci-auth.errors';
import { parseTokenResponse, type IssuedToken } from './token-response';
import { type RegistryHttpOptions, type RegistryHttpResponse, type UpstreamRegistry } from './upstream-registry';

/** Real responses have a few KiB; those of GitHub and Quay with many scopes have tens of KiB. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** How long, and for how many token servers, it is remembered that they do not support POST. */
const WITHOUT_POST_MS = 30 * 60_000;
const MAX_SERVERS = 1_000;

/** `client_id` of the POST form. */
const CLIENT_ID = 'oci-connector';

/** One request for a token. */
export interface TokenRequest {
  /** Checked by the realm policy. */
  readonly realm: URL;
  /** The challenge's `service`; some registries send none. */
  readonly service?: string;
  /** Formatted scopes, the writing one first. Empty to check only the credential. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal;
  /** Called before each request to the token server; false ends the fetch. Absent: no limit. */
  readonly mayAsk?: () => boolean;
}

function getUrl(request: TokenRequest): URL {
  const url = new URL(request.realm);
  if (request.service !== undefined) {
    url.searchParams.set('service', request.service);
  }
  // The parameter is repeated, not joined: that is the token specification's form for several scopes.
  for (const scope of request.scopes) {
    url.searchParams.append('scope', scope);
  }
  return url;
}

function postForm(request: TokenRequest, identityToken: Sensitive): Sensitive {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID });
  if (request.service !== undefined) {
    form.set('service', request.service);
  }
  if (request.scopes.length > 0) {
    form.set('scope', request.scopes.join(' '));
  }
  form.set('refresh_token', identityToken.reveal());
  return new Sensitive(form.toString());
}

/** Returns the error for the response; undefined when the response carries a token. */
function failureOf(response: RegistryHttpResponse, request: TokenRequest, credential: boolean, now: number): OciAuthError | undefined {
  const { status } = response;
  const { origin } = request.realm;
  if (response.truncated) {
    return new OciAuthError('TokenResponseTooLarge', `The token server ${origin} sent more than ${MAX_RESPONSE_BYTES} bytes.`, { status });
  }
  if (status >= 200 && status < 300) {
    return undefined;
  }
  if (status === 401 || status === 403) {
    return refusal(origin, credential, status);
  }
  if (status === 429) {
    return new OciAuthError('TokenEndpointThrottled', `The token server ${origin} allows no more requests for now (429).`, {
      status,
      retryAfterMs: parseRetryAfter(response.headers['retry-after'], now),
    });
  }
  if (status >= 500) {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now);
    return new OciAuthError('TokenEndpointUnreachable', `The token server ${origin} answered ${status}.`, { status, retryAfterMs });
  }
  if (status === 400 && request.scopes.length > 0) {
    return new OciAuthError('ScopeRefused', `The token server ${origin} refuses the scope ${request.scopes.join(' ')} (400).`, {
      status,
    });
  }
  return new OciAuthError(
    'TokenResponseInvalid',
    `The token server ${origin} answered ${status} without a token.${hintFor(status, request)}`,
    { status },
  );
}

function hintFor(status: number, { scopes }: TokenRequest): string {
  if (status >= 300 && status < 400) {
    return ' Redirects of a token server are not followed.';
  }
  return status === 400 && scopes.length === 0 ? ' It may require a scope: name a repository in the auth parameter "repository".' : '';
}

function refusal(origin: string, credential: boolean, status: number): OciAuthError {
  return credential
    ? new OciAuthError(
        'CredentialRefused',
        `The token server ${origin} refuses the credential (${status}). Check user name and password in the Secret.`,
        { status },
      )
    : new OciAuthError(
        'CredentialMissing',
        `The token server ${origin} issues no token without a credential (${status}). Name a Secret in spec.auth.secretRef.`,
        { status },
      );
}

/**
 * Returns what the token server refused of a POST. Servers that do not support POST respond with 404 (GCR), 405 (Harbor) or an HTML page.
 * ACR's 400, Artifactory's 401 and the 403 of others may also concern this identity token.
 */
function whatIsRefused(error: unknown): 'form' | 'form or token' | undefined {
  if (!(error instanceof OciAuthError)) {
    return undefined;
  }
  const { status = 0, code } = error;
  if ([404, 405].includes(status) || (code === 'TokenResponseInvalid' && status === 0)) {
    return 'form';
  }
  return [400, 401, 403].includes(status) ? 'form or token' : undefined;
}

/** Requests tokens from token servers: by GET with Basic, or by POST when the credential is an identity token. Caches no tokens. */
export class TokenClient {
  /** Token servers that accepted by GET what they had refused by POST; with the identity token when that may have been the reason. */
  readonly #withoutPost: LRUCache<string, true>;
  readonly #key = randomBytes(32);

  constructor(private readonly clock: WallClock) {
    this.#withoutPost = new LRUCache({ max: MAX_SERVERS, ttl: WITHOUT_POST_MS, ttlResolution: 0, perf: clock });
  }

  /**
   * Fetches a token for the scopes. When the connector has a credential, the request always carries it: a refused credential leads to
   * `CredentialRefused`, never to an anonymous token.
   *
   * @throws OciAuthError when the token server sends no token; or the signal's reason
   */
  async fetchToken(registry: UpstreamRegistry, request: TokenRequest): Promise<IssuedToken> {
    const identityToken = registry.credential?.identityToken;
    if (registry.credential && identityToken && !identityToken.isEmpty) {
      return await this.#fetchByIdentityToken(registry, request, identityToken);
    }
    return await this.#fetchByGet(registry, request, registry.credential);
  }

  /**
   * Sends the OAuth 2 form (distribution's "OAuth2 token specification"), which only identity tokens need. Some token servers do not
   * support it and say so in various ways. Then the Secret's password, or the identity token when there is none, is sent by GET, as
   * containerd does.
   */
  async #fetchByIdentityToken(registry: UpstreamRegistry, request: TokenRequest, identityToken: Sensitive): Promise<IssuedToken> {
    const { username = '', password = identityToken } = registry.credential ?? {};
    const pair = { username, password: password.isEmpty ? identityToken : password };
    const server = request.realm.href;
    const withToken = `${identityToken.fingerprint(this.#key)} ${server}`;
    if (this.#withoutPost.has(server) || this.#withoutPost.has(withToken)) {
      return await this.#fetchByGet(registry, request, pair);
    }
    try {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return await this.#exchange(registry, request, (options) =>
        registry.http.post(request.realm, {
          ...options,
          headers: { ...options.headers, ...headers },
          body: postForm(request, identityToken),
        }),
      );
    } catch (error) {
      const refused = whatIsRefused(error);
      if (refused === undefined) {
        throw error;
      }
      const token = await this.#fetchByGet(registry, request, pair);
      this.#withoutPost.set(refused === 'form' ? server : withToken, true);
      return token;
    }
  }

  async #fetchByGet(registry: UpstreamRegistry, request: TokenRequest, pair: UserPass | undefined): Promise<IssuedToken> {
    const headers: RegistryHttpOptions['headers'] = pair ? { authorization: basicAuthorization(pair) } : {};
    return await this.#exchange(registry, request, (options) =>
      registry.http.get(getUrl(request), { ...options, headers: { ...options.headers, ...headers } }),
    );
  }

  async #exchange(
    registry: UpstreamRegistry,
    request: TokenRequest,
    send: (options: RegistryHttpOptions) => Promise<RegistryHttpResponse>,
  ): Promise<IssuedToken> {
    const { origin } = request.realm;
    if (request.mayAsk?.() === false) {
      throw new OciAuthError(
        'TokenRequestsSpent',
        `The registry ${registry.origin} refuses this request, and no more requests to its token server ${origin} are allowed for it.`,
      );
    }
    const requestedAt = this.clock.now();
    let response: RegistryHttpResponse;
    try {
      response = await send({
        headers: { accept: 'application/json' },
        purpose: 'realm',
        maxBytes: MAX_RESPONSE_BYTES,
        signal: request.signal,
      });
    } catch (error) {
      request.signal?.throwIfAborted();
      throw unreachable('TokenEndpointUnreachable', `The token server ${origin}`, error);
    }
    const failure = failureOf(response, request, registry.credential !== undefined, this.clock.now());
    if (failure) {
      throw failure;
    }
    return parseTokenResponse(response, requestedAt);
  }
}
