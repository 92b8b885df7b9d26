import { type Sensitive } from '@oci-connector/sensitive';
import { type RepositoryScope } from './scope';
import { type UpstreamRegistry } from './upstream-registry';

/** What to send to the registry. */
export interface Authorization {
  readonly scheme: 'bearer' | 'basic' | 'none';
  /** The whole value of the Authorization header; absent for `none`. */
  readonly header?: Sensitive;
  /** When the token ends, in milliseconds since the epoch; absent when nothing ends. */
  readonly expiresAt?: number;
  /** The scopes asked for that this authorisation was requested with. */
  readonly scopes: readonly RepositoryScope[];
  /** Scopes that the token server would not take together with the first: a mount must be dropped. Mostly empty. */
  readonly refusedScopes: readonly RepositoryScope[];
}

/** For metrics; must not throw. */
export interface OciAuthHooks {
  onTokenFetch?(event: { connectorUid: string; outcome: string; durationMs: number }): void;
  onCacheHit?(event: { connectorUid: string }): void;
  onCacheMiss?(event: { connectorUid: string }): void;
}

export interface OciAuthorizerOptions {
  clock?: { now(): number };
  random?: () => number;
  cacheSize?: number;
  hooks?: OciAuthHooks;
}

export interface AuthorizeOptions {
  minimumLifetimeMs?: number;
  signal?: AbortSignal;
}

export class OciAuthorizer {
  constructor(readonly options: OciAuthorizerOptions = {}) {}

  authorize(_registry: UpstreamRegistry, _scopes: readonly RepositoryScope[], _options?: AuthorizeOptions): Promise<Authorization> {
    throw new Error('not yet');
  }

  rejected(
    _registry: UpstreamRegistry,
    _scopes: readonly RepositoryScope[],
    _authorization: Authorization,
    _wwwAuthenticate: string | readonly string[] | undefined,
  ): Promise<Authorization> {
    throw new Error('not yet');
  }

  forget(_connectorUid: string): void {
    throw new Error('not yet');
  }
}
