import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '@oci-connector/clock';
import { type KubeObject } from '@oci-connector/connector-api';
import { PacedWork } from '@oci-connector/limits';
import { type Sensitive } from '@oci-connector/sensitive';
import { ReviewUnavailableError, TokenRefusedError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type ResourceType } from './resource-type';
import { ReviewCache, type ReviewOptions, type ReviewRequest, type Verdict } from './review-cache';
import { type TokenSignatures } from './token-signatures';
import { decodeTokenUnverified, type UnverifiedToken } from './unverified-token';

/** The tokens to decode and to check in one turn of the event loop. Each takes 30 to 100 µs. */
const EXAMINED_PER_TURN = 16;

/** The identity of a client, as the API server reports it. */
export interface ClientIdentity {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  /** Present when the client is a ServiceAccount. One that is created again under the same name has another UID. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** Present when the token is bound to a pod. */
  readonly pod?: { readonly name: string; readonly uid: string };
  /** The expiry of the reviewed token, in milliseconds since the epoch; absent when there was no token. */
  readonly tokenExpiresAt?: number;
}

export interface TokenReviewerOptions extends ReviewOptions {
  readonly client: Pick<KubeClient, 'create'>;
  /** The accepted audiences; refusals name the first one. Never empty: a token without an audience is never accepted (C11). */
  readonly audiences: readonly [string, ...string[]];
  /** Refuses forged tokens without a review, if the API server publishes its keys. Absent: every token is reviewed. */
  readonly signatures?: TokenSignatures;
}

type TokenVerdict = Verdict<ClientIdentity, TokenRefusedError>;

interface TokenReview extends KubeObject {
  readonly spec: { readonly token: string; readonly audiences: readonly string[] };
  readonly status?: {
    readonly authenticated?: boolean;
    readonly error?: string;
    readonly audiences?: readonly string[];
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

const TokenReviews: ResourceType<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};

/**
 * Checks clients' tokens by TokenReview. A token whose own claims name another audience or a past expiry is refused without a call.
 * {@link ReviewCache} decides how long answers are cached. The cache key is an HMAC of the token with a key that exists only in this
 * object, so that a memory dump of the cache contains no token.
 */
export class TokenReviewer {
  readonly #clock: Clock;
  readonly #fingerprintKey = randomBytes(32);
  readonly #fingerprints = new WeakMap<Sensitive, string>();
  readonly #cache: ReviewCache<ClientIdentity, TokenRefusedError>;
  readonly #paced = new PacedWork(EXAMINED_PER_TURN);

  constructor(private readonly options: TokenReviewerOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#cache = new ReviewCache('token', options, bytesOf);
  }

  /**
   * Returns the owner of the token when a positive answer is cached and still valid; undefined when {@link review} must find out. For
   * callers with many requests: it needs no promise and no decoding, because a token with a positive answer has the right form and
   * audience. Only its expiry is checked.
   */
  peek(token: Sensitive): ClientIdentity | undefined {
    const key = this.#fingerprint(token);
    return this.#cache.peek(
      key,
      () => this.#request(key, token, { claims: decodeTokenUnverified(token), peer: '' }),
      ({ tokenExpiresAt = Infinity }) => tokenExpiresAt > this.#clock.now(),
    );
  }

  /**
   * Returns the owner of the token.
   *
   * @param peer the address that the token comes from. Peers share the API server, and each waits only for its own reviews
   * @throws TokenRefusedError when the token is refused; its message names the required audience
   * @throws ReviewUnavailableError when the API server gives no answer: refuse for now, never allow (C10)
   */
  async review(token: Sensitive, peer = ''): Promise<ClientIdentity> {
    const verdict = await this.#paced.run(peer, () => this.#examine(token, peer));
    if (!verdict.positive) {
      throw verdict.value;
    }
    return verdict.value;
  }

  /** Checks the token without the API server as far as possible, and asks the API server only about a token that may be valid. */
  #examine(token: Sensitive, peer: string): TokenVerdict | Promise<TokenVerdict> {
    const claims = decodeTokenUnverified(token);
    this.#refuseByClaims(claims);
    const key = this.#fingerprint(token);
    return this.#cache.known(key) ?? this.#cache.review(this.#request(key, token, { claims, peer }));
  }

  #request(
    key: string,
    token: Sensitive,
    { claims, peer }: { claims: UnverifiedToken; peer: string },
  ): ReviewRequest<ClientIdentity, TokenRefusedError> {
    const signature = this.options.signatures?.judge(token, claims);
    if (signature === 'invalid') {
      throw this.#notAuthenticated();
    }
    return {
      key,
      // The claims of a signed token are true. Of an unknown client only the address is known.
      owner: signature === 'valid' && claims.serviceAccount ? `namespace ${claims.serviceAccount.namespace}` : `peer ${peer}`,
      preferred: signature === 'valid',
      ask: () => this.#ask(token, claims),
      notAfter: claims.expiresAt,
    };
  }

  #fingerprint(token: Sensitive): string {
    const known = this.#fingerprints.get(token);
    if (known !== undefined) {
      return known;
    }
    const fingerprint = token.fingerprint(this.#fingerprintKey);
    this.#fingerprints.set(token, fingerprint);
    return fingerprint;
  }

  #refuseByClaims(claims: UnverifiedToken): void {
    if (!this.#isForUs(claims.audiences)) {
      throw this.#wrongAudience();
    }
    if (claims.expiresAt <= this.#clock.now()) {
      throw new TokenRefusedError('Expired', `The token has expired; get a new one with audience "${this.options.audiences[0]}"`);
    }
  }

  async #ask(token: Sensitive, claims: UnverifiedToken): Promise<TokenVerdict> {
    const review = await this.options.client.create(
      TokenReviews,
      { spec: { token: token.reveal(), audiences: this.options.audiences } },
      { idempotent: true, timeoutMs: this.options.timeoutMs ?? 5_000 },
    );
    return this.#judge(statusOf(review), claims);
  }

  #judge(status: ReviewStatus, claims: UnverifiedToken): TokenVerdict {
    // The API server omits `authenticated` when it is false, and then often gives the reason in `error`.
    if (status.authenticated !== true) {
      return { positive: false, value: this.#notAuthenticated() };
    }
    if (status.error || !status.user?.username) {
      throw new ReviewUnavailableError('The API server answered a TokenReview with an error or without a user');
    }
    // C11: an authenticator that does not support audiences leaves this empty and has checked none.
    if (!this.#isForUs(status.audiences ?? [])) {
      return { positive: false, value: this.#wrongAudience() };
    }
    return { positive: true, value: identityOf(status.user, status.user.username, claims) };
  }

  #isForUs(audiences: readonly string[]): boolean {
    return audiences.some((audience) => this.options.audiences.includes(audience));
  }

  #wrongAudience(): TokenRefusedError {
    return new TokenRefusedError(
      'WrongAudience',
      `The token is for another audience; one with audience "${this.options.audiences[0]}" is needed (kubectl create token NAME --audience=${this.options.audiences[0]})`,
    );
  }

  #notAuthenticated(): TokenRefusedError {
    const [audience] = this.options.audiences;
    return new TokenRefusedError(
      'NotAuthenticated',
      `The API server does not accept the token; a ServiceAccount token with audience "${audience}" is needed`,
    );
  }
}

type ReviewStatus = NonNullable<TokenReview['status']>;
type ReviewedUser = NonNullable<ReviewStatus['user']>;

function statusOf({ kind, status }: TokenReview): ReviewStatus {
  if (kind !== 'TokenReview' || typeof status !== 'object' || status === null) {
    throw new ReviewUnavailableError('The API server answered a TokenReview without a status');
  }
  return status;
}

/** The memory of an identity in addition to its strings. In bytes. */
const IDENTITY_BYTES = 512;

function bytesOf({ username, uid, groups, extra }: ClientIdentity): number {
  const texts = [username, uid, ...groups, ...Object.entries(extra).flat(2)];
  return texts.reduce((total, text) => total + text.length, IDENTITY_BYTES + texts.length * 16);
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** Keys of the extras of a token that is bound to a pod (pkg/serviceaccount of k8s.io/apiserver). */
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';

function podOf(extra: ClientIdentity['extra']): ClientIdentity['pod'] {
  const [name] = extra[POD_NAME] ?? [];
  const [uid] = extra[POD_UID] ?? [];
  return name === undefined || uid === undefined ? undefined : { name, uid };
}

function identityOf(user: ReviewedUser, username: string, claims: UnverifiedToken): ClientIdentity {
  const uid = user.uid ?? '';
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  const extra = user.extra ?? {};
  return {
    username,
    uid,
    groups: user.groups ?? [],
    extra,
    ...(namespace !== undefined && name !== undefined && { serviceAccount: { namespace, name, uid } }),
    pod: podOf(extra),
    tokenExpiresAt: claims.expiresAt,
  };
}
