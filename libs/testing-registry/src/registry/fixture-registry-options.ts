import { type RegistryQuirks } from './quirks';

/** What an account may do to a repository; `*` is everything (distribution's token scope grammar). */
export type FixtureAction = 'pull' | 'push' | 'delete' | '*';

/** Who may do what: keys are `repo/name`, `prefix/*`, or `*` for every repository. */
export type FixtureGrants = Readonly<Record<string, readonly FixtureAction[]>>;

/** One user of the fixture. */
export interface FixtureAccount {
  readonly username: string;
  readonly password: string;
  /** Default: everything, everywhere. */
  readonly grants?: FixtureGrants;
  /** Accepted as `refresh_token` by a token endpoint that allows POST (docker's "identity token"). */
  readonly identityToken?: string;
}

/** No credential needed; one that is sent all the same is recorded and ignored. */
export interface AnonymousAuth {
  readonly mode: 'anonymous';
}

/** Like distribution with htpasswd: RFC 7617 on every request, `/v2/` included. */
export interface BasicAuth {
  readonly mode: 'basic';
  readonly accounts: readonly FixtureAccount[];
  /** Text of the challenge's realm; default `fixture`. */
  readonly realm?: string;
  /**
   * Everybody may read, `/v2/` included, and only an account may write. `ignored`: a credential that is sent with a read is not looked at
   * (nginx with `limit_except`); `checked`: a wrong one is refused (zot). Default: nobody may do anything.
   */
  readonly anonymousReads?: 'ignored' | 'checked';
}

/** Like distribution with a token server (distribution's "Token Authentication Specification"). */
export interface TokenAuth {
  readonly mode: 'token';
  readonly accounts: readonly FixtureAccount[];
  /** What a token asked for without a credential may do; default nothing. */
  readonly anonymousGrants?: FixtureGrants;
  /** `service` of challenge and token; default `fixture-registry`. */
  readonly service?: string;
  /**
   * Where the challenge's realm points. `other-origin` (default): the token server's own port. `same-origin`: `/service/token`
   * of the registry. `request-host`: the same, on whatever the request's Host says (Harbor). `url`: that text, unchecked.
   */
  readonly realm?: 'other-origin' | 'same-origin' | 'request-host' | { readonly url: string };
  /** https for the token server's own port; default: plain http if the registry is, else the registry's certificate. */
  readonly tokenServerTls?: FixtureTls | 'none';
  readonly tokens?: TokenFormat;
  /** Also answer POST with `grant_type=refresh_token` or `password`; default false: 405, as Harbor does. */
  readonly allowPost?: boolean;
}

/** How a token and the answer that carries it look. */
export interface TokenFormat {
  /** Default `jwt`. */
  readonly format?: 'jwt' | 'opaque';
  /** Default 300. The registry refuses the token after that, whatever the answer said. */
  readonly lifetimeSeconds?: number;
  /** Which fields carry it; default `both`. `empty-access-token` is Harbor: `token`, and `access_token: ""`. */
  readonly fields?: 'both' | 'token' | 'access_token' | 'empty-access-token';
  /** Leave `issued_at` out (GitLab, Quay). */
  readonly omitIssuedAt?: boolean;
  /** Leave `expires_in` out: clients must then assume 60 s. */
  readonly omitExpiresIn?: boolean;
}

export type FixtureAuth = AnonymousAuth | BasicAuth | TokenAuth;

/** PEM texts. */
export interface FixtureTls {
  readonly cert: string;
  readonly key: string;
}

/** Everything has a default: an anonymous, empty registry over http on a free loopback port. */
export interface FixtureRegistryOptions {
  /** Listen address; default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Name in every URL that the fixture hands out (Location, realm, redirects); default: the listen address. */
  readonly publicName?: string;
  readonly tls?: FixtureTls;
  /** Where content is kept, also over a restart; default a temporary directory that `close` removes. */
  readonly directory?: string;
  /** Default anonymous. */
  readonly auth?: FixtureAuth;
  /** Serve the API under this path (`/base` gives `/base/v2/`); default none. */
  readonly basePath?: string;
  /** Only repositories below this name exist, all others are 404 NAME_UNKNOWN; default none. */
  readonly repositoryPrefix?: string;
  /** Accept manifests whose blobs or children are absent ("sparse"); default false: 404 MANIFEST_BLOB_UNKNOWN. */
  readonly allowMissingReferences?: boolean;
  /** Sent as OCI-Chunk-Min-Length, and held to: after a shorter chunk only the end may follow. */
  readonly chunkMinLength?: number;
  /** Largest manifest in bytes; default 4 MiB, the least that distribution-spec asks of a registry. */
  readonly maxManifestBytes?: number;
  /** TLS of the server that blob redirects and `other-host` upload locations lead to; default plain http. */
  readonly cdnTls?: FixtureTls;
  readonly quirks?: RegistryQuirks;
  /** Milliseconds since the epoch; default Date.now. Decides when tokens expire. */
  readonly clock?: () => number;
}
