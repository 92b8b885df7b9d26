import { X509Certificate } from 'node:crypto';
import { RenderingError } from './rendering.errors';
import { trustStore } from './trust-store';
import { type VolumeEnvironment } from './volume-request';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g;

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

/**
 * Checks that clients can read a bundle: many refuse a whole file because of one damaged certificate.
 *
 * @throws RenderingError (CertificateAuthorityMissing) when a certificate cannot be read
 */
export function checkCertificates(bundle: string): void {
  for (const certificate of bundle.match(CERTIFICATE) ?? []) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      const message =
        'the ConfigMap connectors-proxy-ca contains a damaged certificate; the controller writes it, so check that the controller is running';
      throw new RenderingError('CertificateAuthorityMissing', message, { cause });
    }
  }
}

/**
 * The certificates of the public authorities and of the proxy, in the forms that clients read. Clients that read only one file need both:
 * SSL_CERT_FILE and Java's truststore replace those of the system.
 */
export class TrustedCertificates {
  /** In PEM. */
  readonly bundle: string;
  #trustStore?: Buffer;

  constructor(
    publicRoots: string,
    readonly proxy: string,
  ) {
    this.bundle = `${publicRoots.trimEnd()}\n${proxy}`.trimStart();
  }

  /** The certificates of `bundle` as a PKCS #12 file. Few volumes need it, and it takes some milliseconds. */
  get trustStore(): Buffer {
    this.#trustStore ??= trustStore([...this.bundle.matchAll(CERTIFICATE)].map(([, text = '']) => Buffer.from(text, 'base64')));
    return this.#trustStore;
  }
}

/** By environment: the files have some 100 KB each, and are the same for all volumes of a node until the authority changes. */
const known = new WeakMap<VolumeEnvironment, TrustedCertificates>();

/** @param proxy the certificates of the proxy's authority, in PEM */
export function trustedCertificates(environment: VolumeEnvironment, proxy: string): TrustedCertificates {
  const before = known.get(environment);
  if (before?.proxy === proxy) {
    return before;
  }
  const current = new TrustedCertificates(environment.publicRoots, proxy);
  known.set(environment, current);
  return current;
}
