import { type UpstreamRegistry } from './upstream-registry';

/** What the handshake showed. */
export interface CredentialCheck {
  scheme: 'bearer' | 'basic' | 'none';
  /** Origin of the token server, for Bearer. */
  realmOrigin?: string;
}

export interface VerifyCredentialOptions {
  /** Upstream repository (with the address's path prefix) whose pull permission is checked too. */
  repository?: string;
  signal?: AbortSignal;
}

/** The real handshake with the connector's credential; throws OciAuthError. Uses and fills no cache. */
export function verifyCredential(_registry: UpstreamRegistry, _options: VerifyCredentialOptions = {}): Promise<CredentialCheck> {
  throw new Error('not yet');
}
