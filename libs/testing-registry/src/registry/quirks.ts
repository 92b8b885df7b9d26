import { type FixtureAction } from './fixture-registry-options';
import { type ListQuirks } from './list-redirects';

/** Behaviour of real registries beyond the specification. Each quirk is off by default, and can be changed while the fixture runs. */
export interface RegistryQuirks {
  /** A request with a refused Authorization gets only a Basic challenge with this realm; one without gets Bearer (Harbor: `harbor`). */
  basicChallengeWhenAuthorizationSent?: string;
  /** Only `Bearer` and `Basic` in exactly this spelling are accepted (Harbor), although RFC 9110 §11.1 makes schemes case-insensitive. */
  caseSensitiveScheme?: boolean;
  /** A request for a scope with a wrong password gets 200 and a token without rights; without a scope, 401 without a challenge (Harbor). */
  wrongPasswordGetsEmptyToken?: boolean;
  /** Every response sets the cookie `sid`. A write with the cookie is refused with 403 (Harbor's CSRF check). */
  sessionCookie?: boolean;
  /** A 401 has no WWW-Authenticate (GCR, on some paths). */
  omitChallenge?: boolean;
  /** Challenges after the real one (Gitea: `Basic`). */
  furtherChallenges?: readonly string[];
  /** `scope` of every challenge, independent of the request (Gitea: `*`). */
  challengeScope?: string;
  /** Rights that a DELETE of content requires, and that its challenge names; `delete` by default. Quay: `pull,push`. */
  deleteNeeds?: readonly FixtureAction[];
  /** Actions that the token endpoint accepts; others are 400 (Quay: `pull`, `push`, `*`). */
  knownActions?: readonly FixtureAction[];
  /**
   * The token endpoint grants no right on a repository that does not exist. It creates the repository when a client requests `push` and
   * the account's grants allow it. The registry itself creates no repository (Quay's creator robots).
   */
  pushTokenCreates?: boolean;
  /** The token endpoint answers a request without a credential and without a scope with 401 (Harbor, Quay). */
  anonymousNeedsScope?: boolean;
  /** A missing right gives a 401 with this text, in which `{repository}` and `{actions}` are replaced (Harbor). */
  missingRightText?: string;
  /** A valid token without the required scope gets 403 and `error="insufficient_scope"` instead of 401 (IBM Cloud). */
  insufficientScopeStatus?: 401 | 403;
  /**
   * Location of uploads. `relative` (default). `absolute`. `absolute-http`: absolute, with http although the registry serves https (a load
   * balancer terminates TLS). `outside-v2`: `/artifacts-uploads/…` on the same origin (GAR). `other-host`: the second server, which
   * requires a signed URL and refuses any Authorization. A function receives the relative Location and returns the one to send.
   */
  uploadLocation?: 'relative' | 'absolute' | 'absolute-http' | 'outside-v2' | 'other-host' | ((relative: string) => string);
  /** Raw text at the end of the query of upload Locations (`z=a%2Fb&a=1`). The client must send every parameter back with its value. */
  uploadQuery?: string;
  /** Form of Link and of the Location of finished blobs and manifests: relative (default), absolute, or absolute with http. */
  contentLocation?: 'relative' | 'absolute' | 'absolute-http';
  /** PATCH answers 201 instead of 202 (ECR). */
  patchStatus?: 201 | 202;
  /** The registry answers GET and HEAD of a blob with a redirect. */
  blobRedirect?: BlobRedirect;
  /** Number of invented tags (`t-0000000`, …) in tags/list, in addition to the real ones. */
  extraTags?: number;
  /** Most entries of one tags/list or referrers response; a Link leads to the next page. */
  pageSize?: number;
  /** Lists that are served at another place, and the form of their Links. */
  lists?: ListQuirks;
  /** Response of the token endpoint instead of a token. */
  tokenAnswer?: TokenAnswer;
}

export interface BlobRedirect {
  /** 307 by default. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Number of redirects before the content; 1 by default. */
  readonly hops?: number;
  /** Returns the target for a digest; by default, the target is the fixture's second server. */
  readonly location?: (digest: string) => string;
}

export type TokenAnswer =
  | { readonly kind: 'garbage' }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/**
 * Returns all quirks of Harbor 2.15, as observed in its responses. Use them together with `tokens: { fields: 'empty-access-token' }` and
 * `realm: 'request-host'`.
 */
export function harborQuirks(): RegistryQuirks {
  return {
    basicChallengeWhenAuthorizationSent: 'harbor',
    caseSensitiveScheme: true,
    wrongPasswordGetsEmptyToken: true,
    anonymousNeedsScope: true,
    missingRightText:
      'unauthorized to access repository: {repository}, action: {actions}: unauthorized to access repository: {repository}, action: {actions}',
    sessionCookie: true,
    uploadLocation: 'absolute',
    contentLocation: 'absolute',
  };
}

/**
 * Returns the quirks of Quay (quay/quay: endpoints/v2/v2auth.py and __init__.py). Use them together with `realm: 'same-origin'` and
 * `tokens: { fields: 'token', omitIssuedAt: true, omitExpiresIn: true }`.
 */
export function quayQuirks(): RegistryQuirks {
  return {
    knownActions: ['pull', 'push', '*'],
    deleteNeeds: ['pull', 'push'],
    pushTokenCreates: true,
    anonymousNeedsScope: true,
    uploadLocation: 'absolute',
    contentLocation: 'absolute',
  };
}
