import { type FixtureAction } from './fixture-registry-options';
import { type ListQuirks } from './list-redirects';

/** What real registries do that the specification does not say. Each is off by default; all can be changed while the fixture runs. */
export interface RegistryQuirks {
  /** A refused Authorization is challenged with this Basic realm only; a bare request still gets Bearer (Harbor: `harbor`). */
  basicChallengeWhenAuthorizationSent?: string;
  /** Only `Bearer` and `Basic` in exactly this spelling are understood (Harbor), though RFC 9110 §11.1 says otherwise. */
  caseSensitiveScheme?: boolean;
  /** A wrong password gets 200 and a token without rights when a scope is asked, else 401 with no challenge (Harbor). */
  wrongPasswordGetsEmptyToken?: boolean;
  /** Every answer sets the cookie `sid`; a write that sends it back is refused with 403 (Harbor's CSRF check). */
  sessionCookie?: boolean;
  /** No WWW-Authenticate at all on a 401 (GCR, some paths). */
  omitChallenge?: boolean;
  /** Sent after the real challenge (Gitea: `Basic`). */
  furtherChallenges?: readonly string[];
  /** The challenge's `scope`, whatever was asked for (Gitea: `*`). */
  challengeScope?: string;
  /** Rights that a DELETE of content needs and its challenge names; default `delete`. Quay: `pull,push`. */
  deleteNeeds?: readonly FixtureAction[];
  /** The actions that the token endpoint knows; others are 400 (Quay: `pull`, `push`, `*`). */
  knownActions?: readonly FixtureAction[];
  /**
   * No right is given on a repository that does not exist, and the token endpoint creates one when somebody asks it for a `push` that the
   * account's grants allow; the registry itself creates none (Quay's creator robots).
   */
  pushTokenCreates?: boolean;
  /** Without a credential the token endpoint answers a request that names no scope with 401 (Harbor, Quay). */
  anonymousNeedsScope?: boolean;
  /** A missing right is a 401 with this text; `{repository}` and `{actions}` are filled in (Harbor). */
  missingRightText?: string;
  /** A valid token without the scope gets 403 and `error="insufficient_scope"` instead of 401 (IBM Cloud). */
  insufficientScopeStatus?: 401 | 403;
  /**
   * Location of uploads. `relative` (default); `absolute`; `absolute-http`: absolute, and http although served over https (a load
   * balancer ends TLS); `outside-v2`: `/artifacts-uploads/…` on the same origin (GAR); `other-host`: the other server's origin, which
   * takes a signed URL and refuses any Authorization. A function gets the relative one and returns what is sent.
   */
  uploadLocation?: 'relative' | 'absolute' | 'absolute-http' | 'outside-v2' | 'other-host' | ((relative: string) => string);
  /** Raw text appended to the query of upload Locations (`z=a%2Fb&a=1`); every parameter must come back with the same value. */
  uploadQuery?: string;
  /** Location of finished blobs and manifests, and Link: relative (default), absolute, or absolute with http. */
  contentLocation?: 'relative' | 'absolute' | 'absolute-http';
  /** PATCH answers 201 instead of 202 (ECR). */
  patchStatus?: 201 | 202;
  /** GET and HEAD of a blob are answered with a redirect. */
  blobRedirect?: BlobRedirect;
  /** tags/list has this many made-up tags (`t-0000000`, …) after the real ones. */
  extraTags?: number;
  /** The most entries of one tags/list or referrers answer; more follow by Link. */
  pageSize?: number;
  /** Lists that are answered elsewhere, and how their pages are linked. */
  lists?: ListQuirks;
  /** What the token endpoint answers instead of a token. */
  tokenAnswer?: TokenAnswer;
}

export interface BlobRedirect {
  /** Default 307. */
  readonly status?: 301 | 302 | 303 | 307 | 308;
  /** Redirects before the one that has the content; default 1. */
  readonly hops?: number;
  /** Where to instead of the fixture's own second server; gets the digest. */
  readonly location?: (digest: string) => string;
}

export type TokenAnswer =
  | { readonly kind: 'garbage' }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** All of what Harbor 2.15 does differently, as observed on the wire. Give `tokens: { fields: 'empty-access-token' }` and `realm: 'request-host'` too. */
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
 * Quay (quay/quay: endpoints/v2/v2auth.py and __init__.py). Give `realm: 'same-origin'` and `tokens: { fields: 'token', omitIssuedAt: true,
 * omitExpiresIn: true }` too.
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
