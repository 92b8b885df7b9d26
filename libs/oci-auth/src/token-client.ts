import { type WallClock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { OciAuthError } from './oci-auth.errors';
import { parseRetryAfter } from './retry-after';
import { parseTokenResponse, type Token } from './token-response';
import {
  type RegistryCredential,
  type RegistryHttpOptions,
  type RegistryHttpResponse,
  type UpstreamRegistry,
} from './upstream-registry';

/** Real responses have some KiB; GitHub's and Quay's tokens with many scopes some tens. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** `client_id` of the POST form. */
const CLIENT_ID = 'oci-connector';

/** One request for a token. */
export interface TokenRequest {
  /** Checked by the realm policy. */
  readonly realm: URL;
  /** The challenge's `service`; some registries send none. */
  readonly service?: string;
  /** Formatted scopes, the writing one first; empty to prove the credential alone. */
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal;
}

/** Basic credentials of RFC 7617. */
export function basicAuthorization(credential: RegistryCredential): Sensitive {
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return new Sensitive(`Basic ${Buffer.from(pair, 'utf8').toString('base64')}`);
}

function getUrl(request: TokenRequest): URL {
  const url = new URL(request.realm);
  if (request.service !== undefined) url.searchParams.set('service', request.service);
  // Repeated, not joined: the token specification's own form for several scopes.
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  return url;
}

function postForm(request: TokenRequest, identityToken: Sensitive): Sensitive {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: CLIENT_ID });
  if (request.service !== undefined) form.set('service', request.service);
  if (request.scopes.length > 0) form.set('scope', request.scopes.join(' '));
  form.set('refresh_token', identityToken.reveal());
  return new Sensitive(form.toString());
}

/** What the answer's status means; undefined when it carries a token. */
function failureOf(response: RegistryHttpResponse, request: TokenRequest, credential: boolean, now: number): OciAuthError | undefined {
  const { status } = response;
  const { origin } = request.realm;
  if (response.truncated) {
    return new OciAuthError('TokenResponseTooLarge', `The token server ${origin} sent more than ${MAX_RESPONSE_BYTES} bytes.`, { status });
  }
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return refusal(origin, credential, status);
  if (status === 429) {
    return new OciAuthError('TokenEndpointThrottled', `The token server ${origin} allows no more requests for now (429).`, {
      status,
      retryAfterMs: parseRetryAfter(response.headers['retry-after'], now),
    });
  }
  if (status >= 500) {
    return new OciAuthError('TokenEndpointUnreachable', `The token server ${origin} answered ${status}.`, { status });
  }
  return new OciAuthError('TokenResponseInvalid', `The token server ${origin} answered ${status} and no token.${hintFor(status, request)}`, { status });
}

function hintFor(status: number, { scopes }: TokenRequest): string {
  if (status >= 300 && status < 400) return ' Redirects of a token server are not followed.';
  return status === 400 && scopes.length === 0 ? ' It may want a scope: name a repository in the auth parameter "repository".' : '';
}

function refusal(origin: string, credential: boolean, status: number): OciAuthError {
  return credential
    ? new OciAuthError('CredentialRefused', `The token server ${origin} refuses the credential (${status}). Check user name and password in the Secret.`, { status })
    : new OciAuthError('CredentialMissing', `The token server ${origin} gives no token without a credential (${status}). Name a Secret in spec.auth.secretRef.`, { status });
}

/** Asks token servers for tokens: GET with Basic, or POST where the credential is an identity token. Keeps nothing. */
export class TokenClient {
  constructor(private readonly clock: WallClock) {}

  /**
   * A token for the scopes. With a credential the request always carries it: a refused one gives `CredentialRefused`,
   * never an anonymous token. Throws OciAuthError.
   */
  async fetchToken(registry: UpstreamRegistry, request: TokenRequest): Promise<Token> {
    const identityToken = registry.credential?.identityToken;
    if (registry.credential && identityToken && !identityToken.isEmpty) {
      return await this.#fetchByIdentityToken(registry, request, identityToken);
    }
    return await this.#fetchByGet(registry, request);
  }

  /** OAuth 2 form (distribution's "OAuth2 token specification"), needed only for identity tokens. */
  async #fetchByIdentityToken(registry: UpstreamRegistry, request: TokenRequest, identityToken: Sensitive): Promise<Token> {
    try {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return await this.#exchange(registry, request, (options) =>
        registry.http.post(request.realm, { ...options, headers: { ...options.headers, ...headers }, body: postForm(request, identityToken) }),
      );
    } catch (error) {
      // Not all token servers know the POST form: Harbor answers 405, others 404. A password, if any, works by GET.
      const unknownForm = error instanceof OciAuthError && (error.status === 404 || error.status === 405);
      if (!unknownForm || registry.credential === undefined || registry.credential.password.isEmpty) throw error;
      return await this.#fetchByGet(registry, request);
    }
  }

  async #fetchByGet(registry: UpstreamRegistry, request: TokenRequest): Promise<Token> {
    const headers: RegistryHttpOptions['headers'] = registry.credential
      ? { authorization: basicAuthorization(registry.credential) }
      : {};
    return await this.#exchange(registry, request, (options) =>
      registry.http.get(getUrl(request), { ...options, headers: { ...options.headers, ...headers } }),
    );
  }

  async #exchange(
    registry: UpstreamRegistry,
    request: TokenRequest,
    send: (options: RegistryHttpOptions) => Promise<RegistryHttpResponse>,
  ): Promise<Token> {
    const { origin } = request.realm;
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
      const reason = error instanceof Error ? error.message : 'no answer';
      throw new OciAuthError('TokenEndpointUnreachable', `The token server ${origin} cannot be reached: ${reason}`, { cause: error });
    }
    const failure = failureOf(response, request, registry.credential !== undefined, this.clock.now());
    if (failure) throw failure;
    return parseTokenResponse(response, requestedAt);
  }
}
