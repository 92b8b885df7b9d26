import { X509Certificate } from 'node:crypto';
import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';
import { decodeBase64 } from './secret-value';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const CERTIFICATE_HEADER = '-----BEGIN CERTIFICATE-----';

/** Begins any PEM block. */
const PEM_HEADER = '-----BEGIN ';

/**
 * The certificates in the Secret of `spec.caCertSecretRef`: the values of keys `*.crt` and `*.pem`, and any other value
 * with a PEM certificate in it. Private keys and other PEM are left alone under whatever key, so a Secret of type `kubernetes.io/tls` will do.
 *
 * @returns one PEM certificate each, at least one
 * @throws CredentialError InvalidPEM
 */
export function loadCaCertificates(secret: SecretObject): string[] {
  const certificates = Object.entries(secret.data ?? {}).flatMap(([key, encoded]) => certificatesOf(secret, key, encoded));
  if (certificates.length === 0) {
    throw invalidPem(secret, 'it holds no certificate; put it under the key "ca.crt"');
  }
  return certificates;
}

function certificatesOf(secret: SecretObject, key: string, encoded: string): string[] {
  const text = decodeBase64(encoded)?.toString('latin1') ?? '';
  if (!text.includes(CERTIFICATE_HEADER) && !isGarbage(key, text)) {
    return [];
  }
  const blocks = text.match(CERTIFICATE) ?? [];
  // Every header must have become a block, or a certificate would be missing without a word.
  if (blocks.length === 0 || blocks.length !== text.split(CERTIFICATE_HEADER).length - 1 || !blocks.every(isCertificate)) {
    throw invalidPem(secret, `key "${key}" is not a list of certificates in PEM`);
  }
  return blocks;
}

/** Named like a certificate without being one: another kind of PEM, or nothing at all, is passed over. */
function isGarbage(key: string, text: string): boolean {
  return /\.(?:crt|pem)$/.test(key) && text.trim() !== '' && !text.includes(PEM_HEADER);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    // OpenSSL throws errors of many kinds here, each meaning the same.
    return false;
  }
}

function invalidPem(secret: SecretObject, detail: string): CredentialError {
  return new CredentialError('InvalidPEM', `${describeSecret(secret)} contains invalid PEM data: ${detail}`);
}
