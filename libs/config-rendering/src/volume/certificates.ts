import { RenderingError } from './rendering.errors';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a bundle and nothing else of it: whatever a ConfigMap holds by mistake (a private key, rule C16) does
 * not go into a pod.
 *
 * @throws RenderingError (CertificateAuthorityMissing)
 */
export function proxyCertificates(bundle: string): string {
  const certificates = bundle.match(CERTIFICATE);
  if (certificates) return certificates.map((certificate) => `${certificate}\n`).join('');
  const message = 'the ConfigMap connectors-proxy-ca holds no certificate of the proxy; the controller writes it, so look whether the controller runs';
  throw new RenderingError('CertificateAuthorityMissing', message);
}
