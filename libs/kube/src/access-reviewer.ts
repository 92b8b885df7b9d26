import { createHash } from 'node:crypto';
import { type KubeObject } from '@oci-connector/connector-api';
import { ReviewUnavailableError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type ResourceType } from './resource-type';
import { ReviewCache, type ReviewOptions, type ReviewRequest, type Verdict } from './review-cache';
import { type ClientIdentity } from './token-reviewer';

/** The action to check, in RBAC's terms. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface AccessReviewerOptions extends ReviewOptions {
  readonly client: Pick<KubeClient, 'create'>;
}

interface SubjectAccessReview extends KubeObject {
  readonly spec: {
    readonly user: string;
    readonly uid?: string;
    readonly groups: readonly string[];
    readonly extra: Readonly<Record<string, readonly string[]>>;
    readonly resourceAttributes: AccessAttributes;
  };
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean; readonly evaluationError?: string };
}

const SubjectAccessReviews: ResourceType<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

const ALLOWED = { allowed: true } as const;
const DENIED = { allowed: false } as const;

/** Checks permissions by SubjectAccessReview. {@link ReviewCache} decides how long answers are cached. */
export class AccessReviewer {
  readonly #cache: ReviewCache<typeof ALLOWED, typeof DENIED>;
  /** A reviewed token leads to the same object as long as it is cached, so its groups are not hashed for every request. */
  readonly #identityKeys = new WeakMap<ClientIdentity, string>();

  constructor(private readonly options: AccessReviewerOptions) {
    // All positive answers share one object.
    this.#cache = new ReviewCache('access', options, () => 0);
  }

  /**
   * Returns true when a positive answer is cached and still valid; undefined when {@link isAllowed} must find out. For callers with many
   * requests, where a promise for each would cost more than the look-up.
   */
  peek(identity: ClientIdentity, attributes: AccessAttributes): true | undefined {
    const key = this.#keyOf(identity, attributes);
    return this.#cache.peek(key, () => this.#request(key, identity, attributes))?.allowed;
  }

  /** @throws ReviewUnavailableError when the API server gives no answer: refuse for now, never allow (C10) */
  async isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean> {
    const { value } = await this.#cache.review(this.#request(this.#keyOf(identity, attributes), identity, attributes));
    return value.allowed;
  }

  #request(key: string, identity: ClientIdentity, attributes: AccessAttributes): ReviewRequest<typeof ALLOWED, typeof DENIED> {
    return { key, owner: tenantOf(identity), ask: () => this.#ask(identity, attributes), notAfter: identity.tokenExpiresAt };
  }

  /** Returns a key with everything that the answer depends on (C12). */
  #keyOf(identity: ClientIdentity, attributes: AccessAttributes): string {
    let who = this.#identityKeys.get(identity);
    if (who === undefined) {
      who = identityKey(identity);
      this.#identityKeys.set(identity, who);
    }
    const { verb, group, resource, subresource = '', namespace = '', name = '' } = attributes;
    // Verbs and names of the Kubernetes API contain no line break. A value with one makes a key with more lines than any valid key.
    return `${who}\n${verb}\n${group}\n${resource}\n${subresource}\n${namespace}\n${name}`;
  }

  async #ask(identity: ClientIdentity, attributes: AccessAttributes): Promise<Verdict<typeof ALLOWED, typeof DENIED>> {
    const { username, uid, groups, extra } = identity;
    const review = await this.options.client.create(
      SubjectAccessReviews,
      { spec: { user: username, uid, groups, extra, resourceAttributes: attributes } },
      { idempotent: true, timeoutMs: this.options.timeoutMs ?? 5_000 },
    );
    const { status } = review;
    if (review.kind !== 'SubjectAccessReview' || typeof status !== 'object' || status === null) {
      throw new ReviewUnavailableError('The API server answered a SubjectAccessReview without a status');
    }
    // `evaluationError` with `allowed: true` is no contradiction: one broken binding does not invalidate another (authorization/v1).
    if (status.allowed === true && status.denied !== true) {
      return { positive: true, value: ALLOWED };
    }
    return { positive: false, value: DENIED, uncached: Boolean(status.evaluationError) };
  }
}

/** Returns the owner that shares the API server with others: a namespace for its ServiceAccounts, because a tenant can create many of them. */
function tenantOf({ serviceAccount, username }: ClientIdentity): string {
  return serviceAccount?.namespace ?? username;
}

/** The UID distinguishes a ServiceAccount from an earlier one of the same name. */
function identityKey({ username, uid, groups, extra }: ClientIdentity): string {
  const sortedExtra = Object.entries(extra).sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = [username, uid, [...groups].sort(), sortedExtra];
  // A hash, because a user may have hundreds of groups, and the cache limits the number of entries, not their size.
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
