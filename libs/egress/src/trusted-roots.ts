import * as tls from 'node:tls';

/** The part of Node's native context that adds an authority to those that it trusts already. */
interface TrustStore {
  addCACert(pem: string): void;
}

/**
 * Returns a TLS context that trusts Node's default authorities and further ones. The `ca` option of Node.js replaces the default
 * authorities. To repeat them there would read all of them for each context, which takes 70 ms and 1 MB; a context that begins with the
 * default ones shares them. Also that takes milliseconds, so keep the context.
 *
 * @param ca certificates in PEM
 */
export function contextTrusting(ca: readonly string[]): tls.SecureContext {
  const secureContext = tls.createSecureContext();
  const store = secureContext.context as TrustStore;
  ca.forEach((pem) => store.addCACert(pem));
  return secureContext;
}
