import 'reflect-metadata';
import { X509Certificate, randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { Sensitive } from '@oci-connector/sensitive';

/** A CA certificate without its key. */
export interface CaCertificate {
  /** One certificate in PEM. */
  readonly pem: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A CA certificate with its private key. */
export interface CaKeyPair {
  readonly certificate: CaCertificate;
  /** PKCS #8 in PEM. */
  readonly key: Sensitive;
}

/** P-256 and SHA-256 (RFC 5480): every client of the last ten years verifies them, and signing a leaf is cheap. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The name of the curve in OpenSSL. */
export const CA_CURVE = 'prime256v1';

/** Clients whose clock is slow by up to this time accept a new certificate. */
const BACKDATE_MS = 5 * 60_000;

/** RFC 5280 §4.1.2.2 allows 20 octets; 8 random octets do not repeat within an installation. */
const SERIAL_BYTES = 8;

/** Creates an authority that is valid from now for `lifetimeMs`. */
export async function createCa(now: number, lifetimeMs: number): Promise<CaKeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const serialNumber = newSerial();
  const generated = await X509CertificateGenerator.createSelfSigned(
    {
      // A unique name: of two authorities with the same name, a client may try only the wrong one.
      name: `CN=OCI Connector proxy CA ${serialNumber}, O=OCI Connector`,
      serialNumber,
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(now + lifetimeMs),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        // Path length 0: it signs leaves only, no intermediate authorities.
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: readCaCertificate(generated.toString('pem')), key: new Sensitive(pem('PRIVATE KEY', pkcs8)) };
}

/** Returns a random positive serial number whose first bit is not set, so that DER needs no padding. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/**
 * Reads one certificate.
 *
 * @throws Error of OpenSSL when the text is not a certificate
 */
export function readCaCertificate(text: string): CaCertificate {
  const certificate = new X509Certificate(text);
  return {
    pem: certificate.toString(),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Reads all certificates of a bundle. */
export function readBundle(text: string): CaCertificate[] {
  return (text.match(CERTIFICATE) ?? []).map(readCaCertificate);
}

/** Returns the bundle in the published form: one certificate after another. */
export function formatBundle(certificates: readonly CaCertificate[]): string {
  return certificates.map((certificate) => certificate.pem).join('');
}
