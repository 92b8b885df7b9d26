import { type RegistryQuirks } from './quirks';

/** An action on a repository; `*` means all actions (distribution's token scope grammar). */
export type FixtureAction = 'pull' | 'push' | 'delete' | '*';

/** Allowed actions by repository. A key is `repo/name`, `prefix/*`, or `*` for every repository. */
export type FixtureGrants = Readonly<Record<string, readonly FixtureAction[]>>;

/** One user of the fixture. */
export interface FixtureAccount {
  readonly username: string;
  readonly password: string;
  /** By default, all actions on all repositories. */
  readonly grants?: FixtureGrants;
  /** Accepted as `refresh_token` by a token endpoint that allows POST (docker's "identity token"). */
  readonly identityToken?: string;
}

/** Requests need no credential. A credential in a request is recorded and ignored. */
export interface AnonymousAuth {
  readonly mode: 'anonymous';
}

/** Like distribution with htpasswd: every request needs Basic authentication (RFC 7617), including `/v2/`. */
export interface BasicAuth {
  readonly mode: 'basic';
  readonly accounts: readonly FixtureAccount[];
  /** Realm of the challenge; `fixture` by default. */
  readonly realm?: string;
  /**
   * Reads need no credential, including `/v2/`; writes need one. `ignored`: the registry ignores the credential of a read (nginx with
   * `limit_except`). `checked`: the registry refuses a read with a wrong credential (zot). By default, reads need a credential, too.
   */
  readonly anonymousReads?: 'ignored' | 'checked';
}

/** Like distribution with a token server (distribution's "Token Authentication Specification"). */
export interface TokenAuth {
  readonly mode: 'token';
  readonly accounts: readonly FixtureAccount[];
  /** Rights of a token that was requested without a credential; none by default. */
  readonly anonymousGrants?: FixtureGrants;
  /** `service` of the challenge and token; `fixture-registry` by default. */
  readonly service?: string;
  /**
   * The realm of the challenge. `other-origin` (default): the token server's own port. `same-origin`: `/service/token` of the registry.
   * `request-host`: the same path, on the host of the request's Host header (Harbor). `url`: this text, unchecked.
   */
  readonly realm?: 'other-origin' | 'same-origin' | 'request-host' | { readonly url: string };
  /** Certificate of the token server's own port. By default that of the registry; `none`, or a registry without TLS, means plain http. */
  readonly tokenServerTls?: FixtureTls | 'none';
  readonly tokens?: TokenFormat;
  /** Accept POST with `grant_type=refresh_token` or `password`. By default, the answer is 405, as in Harbor. */
  readonly allowPost?: boolean;
}

/** The form of a token and of the response with the token. */
export interface TokenFormat {
  /** `jwt` by default. */
  readonly format?: 'jwt' | 'opaque';
  /** 300 by default. The registry then refuses the token, whatever the response said. */
  readonly lifetimeSeconds?: number;
  /** The fields that contain the token; `both` by default. `empty-access-token` is Harbor's form: `token`, and `access_token: ""`. */
  readonly fields?: 'both' | 'token' | 'access_token' | 'empty-access-token';
  /** Omit `issued_at` (GitLab, Quay). */
  readonly omitIssuedAt?: boolean;
  /** Omit `expires_in`: clients must then assume 60 s. */
  readonly omitExpiresIn?: boolean;
}

export type FixtureAuth = AnonymousAuth | BasicAuth | TokenAuth;

/** Certificate and key in PEM. */
export interface FixtureTls {
  readonly cert: string;
  readonly key: string;
}

/** Options of the fixture. The default is an anonymous, empty registry over http on a free loopback port. */
export interface FixtureRegistryOptions {
  /** Listen address; 127.0.0.1 by default. */
  readonly host?: string;
  /** Listen port; 0, the default, is a free port. */
  readonly port?: number;
  /** Host name in the URLs that the fixture sends (Location, realm, redirects); the listen address by default. */
  readonly publicName?: string;
  readonly tls?: FixtureTls;
  /** Directory of the content, which survives a restart. By default a temporary directory, which `close` removes. */
  readonly directory?: string;
  /** Anonymous by default. */
  readonly auth?: FixtureAuth;
  /** Path before the API (`/base` gives `/base/v2/`); none by default. */
  readonly basePath?: string;
  /** Only repositories below this name exist; all others are 404 NAME_UNKNOWN. None by default. */
  readonly repositoryPrefix?: string;
  /** Accept manifests whose blobs or children are absent ("sparse"). By default, the answer is 404 MANIFEST_BLOB_UNKNOWN. */
  readonly allowMissingReferences?: boolean;
  /** Sent as OCI-Chunk-Min-Length, and enforced: only the last chunk may be shorter. */
  readonly chunkMinLength?: number;
  /** Largest manifest in bytes; by default 4 MiB, the minimum that distribution-spec requires of a registry. */
  readonly maxManifestBytes?: number;
  /** TLS of the server to which blob redirects and `other-host` upload locations lead; plain http by default. */
  readonly cdnTls?: FixtureTls;
  /** Host name in the URLs of this server; `publicName` by default. */
  readonly cdnName?: string;
  readonly quirks?: RegistryQuirks;
  /** Returns milliseconds since the epoch, and decides when tokens expire; Date.now by default. */
  readonly clock?: () => number;
}
