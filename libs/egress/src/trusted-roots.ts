import * as tls from 'node:tls';

/** Certificates in PEM beside those that Node trusts anyway: naming authorities replaces the default ones, so those are named too. */
export function trustedWith(ca: readonly string[]): string[] {
  return [...systemRoots(), ...ca];
}

/** `getCACertificates` came with Node 22.15 and knows NODE_EXTRA_CA_CERTS and --use-system-ca too. */
function systemRoots(): readonly string[] {
  const { getCACertificates } = tls as typeof tls & { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
