import * as tls from 'node:tls';

/** Returns the certificates in PEM and Node's default ones: Node's `ca` option replaces the default authorities, so they are included. */
export function trustedWith(ca: readonly string[]): string[] {
  return [...systemRoots(), ...ca];
}

/** `getCACertificates` exists since Node 22.15 and also supports NODE_EXTRA_CA_CERTS and --use-system-ca. */
function systemRoots(): readonly string[] {
  const { getCACertificates } = tls as typeof tls & { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
