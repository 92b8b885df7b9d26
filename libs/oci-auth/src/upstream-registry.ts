import { type Sensitive } from '@oci-connector/sensitive';

/** The credential in a connector's Secret: a user name and password, or an OAuth 2 refresh token ("identity token"). */
export interface RegistryCredential {
  readonly username: string;
  readonly password: Sensitive;
  /** Long-lived token for the token server's POST form; takes precedence over the password there. */
  readonly identityToken?: Sensitive;
}

/** The registry behind one connector, and everything that decides about the authorisation of requests to it. */
export interface UpstreamRegistry {
  /** UID of the Connector object; part of every cache key, so that tenants never share a token (rule C3). */
  readonly connectorUid: string;
  /** Changes with the credential (UID and resourceVersion of the Secret); part of every cache key. */
  readonly credentialRevision: string;
  readonly scheme: 'http' | 'https';
  /** Host name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `scheme://host[:port]` without a default port. */
  readonly origin: string;
  /** `spec.auth.trustedRealms`: exact origins that may receive the credential in addition to those trusted by default. */
  readonly trustedRealms: readonly string[];
  /** Absent: the connector is anonymous. */
  readonly credential?: RegistryCredential;
  readonly http: RegistryHttp;
}

/** Options of one request through {@link RegistryHttp}. */
export interface RegistryHttpOptions {
  /** A secret value stays in its `Sensitive` box until it is written to the socket. */
  headers: Record<string, string | Sensitive>;
  /** The purpose of the connection. It decides which addresses are allowed. */
  purpose: 'connector' | 'realm';
  /** The most bytes of the body to read. The rest is not read and `truncated` is set. */
  maxBytes: number;
  signal?: AbortSignal;
}

/** A response with its body, read up to `maxBytes`. */
export interface RegistryHttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** The body was longer than `maxBytes`. */
  truncated: boolean;
}

/**
 * Small requests to a registry and its token server. An implementation never follows redirects, keeps no cookies,
 * verifies TLS, has a timeout, and connects only to addresses that the egress policy allows. It rejects when there is no response.
 */
export interface RegistryHttp {
  get(url: URL, options: RegistryHttpOptions): Promise<RegistryHttpResponse>;
  post(url: URL, options: RegistryHttpOptions & { body: Sensitive }): Promise<RegistryHttpResponse>;
}
