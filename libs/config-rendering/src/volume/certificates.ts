import { RenderingError } from './rendering.errors';
import { type VolumeEnvironment } from './volume-request';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Returns only the certificates of a bundle. Anything else that a ConfigMap contains by mistake, such as a private key
 * (rule C16), must not reach a pod.
 *
 * @throws RenderingError (CertificateAuthorityMissing) when the bundle contains no certificate
 */
export function proxyCertificates(bundle: string): string {
  const certificates = bundle.match(CERTIFICATE);
  if (certificates) {
    return certificates.map((certificate) => `${certificate}\n`).join('');
  }
  const message =
    'the ConfigMap connectors-proxy-ca contains no certificate of the proxy; the controller writes it, so check that the controller is running';
  throw new RenderingError('CertificateAuthorityMissing', message);
}

/** Bundles by environment. A bundle has about 250 KB, and is the same for all volumes of a node until the authority changes. */
const bundles = new WeakMap<VolumeEnvironment, { certificates: string; bundle: string }>();

/** Returns the certificates of the public authorities and of the proxy. SSL_CERT_FILE replaces the system's file, so it needs both. */
export function certificateBundle(environment: VolumeEnvironment, certificates: string): string {
  const known = bundles.get(environment);
  if (known?.certificates === certificates) {
    return known.bundle;
  }
  const bundle = `${environment.publicRoots.trimEnd()}\n${certificates}`.trimStart();
  bundles.set(environment, { certificates, bundle });
  return bundle;
}
