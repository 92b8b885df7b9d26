import { X509Certificate } from 'node:crypto';
import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';
import { decodeBase64 } from './secret-value';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const CERTIFICATE_HEADER = '-----BEGIN CERTIFICATE-----';

/** The beginning of any PEM block. */
const PEM_HEADER = '-----BEGIN ';

/**
 * Reads the certificates in the Secret of `spec.caCertSecretRef`: the values of keys `*.crt` and `*.pem`, and any other value that
 * contains a PEM certificate. Private keys and other PEM blocks are ignored under any key, so a Secret of type `kubernetes.io/tls` works.
 *
 * @returns the certificates as separate PEM texts, at least one
 * @throws CredentialError `InvalidPEM` when there is no certificate, or one that cannot be parsed
 */
export function loadCaCertificates(secret: SecretObject): string[] {
  const certificates = Object.entries(secret.data ?? {}).flatMap(([key, encoded]) => certificatesOf(secret, key, encoded));
  if (certificates.length === 0) {
    throw invalidPem(secret, 'it contains no certificate; put it under the key "ca.crt"');
  }
  return certificates;
}

function certificatesOf(secret: SecretObject, key: string, encoded: string): string[] {
  const text = decodeBase64(encoded)?.toString('latin1') ?? '';
  if (!text.includes(CERTIFICATE_HEADER) && !isGarbage(key, text)) {
    return [];
  }
  const blocks = text.match(CERTIFICATE) ?? [];
  // Every header must be part of a block; otherwise a certificate would be dropped without notice.
  if (blocks.length === 0 || blocks.length !== text.split(CERTIFICATE_HEADER).length - 1 || !blocks.every(isCertificate)) {
    throw invalidPem(secret, `key "${key}" is not a list of certificates in PEM`);
  }
  return blocks;
}

/** Whether a value is named like a certificate but contains no PEM. Another kind of PEM, or an empty value, is ignored. */
function isGarbage(key: string, text: string): boolean {
  return /\.(?:crt|pem)$/.test(key) && text.trim() !== '' && !text.includes(PEM_HEADER);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // OpenSSL throws various errors here, all with the same meaning.
    return false;
  }
}

function invalidPem(secret: SecretObject, detail: string): CredentialError {
  return new CredentialError('InvalidPEM', `${describeSecret(secret)} contains invalid PEM data: ${detail}`);
}
