import { RenderingError } from './rendering.errors';
import { type VolumeEnvironment } from './volume-request';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a bundle and nothing else of it: whatever a ConfigMap holds by mistake (a private key, rule C16) does
 * not go into a pod.
 *
 * @throws RenderingError (CertificateAuthorityMissing)
 */
export function proxyCertificates(bundle: string): string {
  const certificates = bundle.match(CERTIFICATE);
  if (certificates) {
    return certificates.map((certificate) => `${certificate}\n`).join('');
  }
  const message =
    'the ConfigMap connectors-proxy-ca holds no certificate of the proxy; the controller writes it, so look whether the controller runs';
  throw new RenderingError('CertificateAuthorityMissing', message);
}

/** A bundle has a quarter of a megabyte and is the same for all volumes of a node until the authority changes. */
const bundles = new WeakMap<VolumeEnvironment, { certificates: string; bundle: string }>();

/** The public authorities and the proxy's: SSL_CERT_FILE replaces the system's file, so it has to hold those too. */
export function certificateBundle(environment: VolumeEnvironment, certificates: string): string {
  const known = bundles.get(environment);
  if (known?.certificates === certificates) {
    return known.bundle;
  }
  const bundle = `${environment.publicRoots.trimEnd()}\n${certificates}`.trimStart();
  bundles.set(environment, { certificates, bundle });
  return bundle;
}
