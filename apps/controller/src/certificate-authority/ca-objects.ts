import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type ConfigMap, type Secret } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { formatBundle, readBundle, readCaCertificate, type CaCertificate, type CaKeyPair } from './ca-certificate';
import { publishedCertificates, type CaState } from './ca-rotation';

/** On the ConfigMap: since when the bundle in it is published (RFC 3339). A new authority signs only long enough after that. */
export const PUBLISHED_AT_ANNOTATION = 'connectors.alauda.io/published-at';

/**
 * Keys of the Secret. `tls.crt` and `tls.key` are the authority that signs, `next.crt` and `next.key` the one that follows it
 * (only while a rotation is in its first phase), `ca.crt` the bundle that is published.
 */
const SIGNING = ['tls.crt', 'tls.key'] as const;
const NEXT = ['next.crt', 'next.key'] as const;
const BUNDLE = 'ca.crt';

/** Reads the state out of both objects. What cannot be read is treated as absent, because it serves nobody. */
export function readCaState(secret: Secret | undefined, configMap: ConfigMap | undefined): CaState {
  const signing = readKeyPair(secret, SIGNING);
  const next = readKeyPair(secret, NEXT);
  const active = new Set([signing, next].map((pair) => pair?.certificate.pem));
  const retired = readCertificates(decode(secret, BUNDLE)).filter(({ pem }) => !active.has(pem));
  return { signing, next, retired, nextPublishedAt: next && publishedSince(configMap, next.certificate) };
}

function readKeyPair(secret: Secret | undefined, [certificateKey, keyKey]: readonly [string, string]): CaKeyPair | undefined {
  const certificate = decode(secret, certificateKey);
  const key = decode(secret, keyKey);
  if (certificate === undefined || key === undefined) {
    return undefined;
  }
  try {
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      return undefined;
    }
    return { certificate: readCaCertificate(certificate), key: new Sensitive(key) };
  } catch {
    // OpenSSL's errors may quote their input, which is a private key; that it is unusable is all there is to know.
    return undefined;
  }
}

function readCertificates(text: string | undefined): CaCertificate[] {
  try {
    return readBundle(text ?? '');
  } catch {
    // A damaged bundle is written anew from the certificates that are still known.
    return [];
  }
}

function decode(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function publishedSince(configMap: ConfigMap | undefined, certificate: CaCertificate): number | undefined {
  const isPublished = readCertificates(publishedBundle(configMap)).some(({ pem }) => pem === certificate.pem);
  const since = Date.parse(configMap?.metadata.annotations?.[PUBLISHED_AT_ANNOTATION] ?? '');
  return isPublished && !Number.isNaN(since) ? since : undefined;
}

/** The data of the Secret. */
export function caSecretData(state: CaState): Record<string, string> {
  return {
    ...keyPairData(state.signing, SIGNING),
    ...keyPairData(state.next, NEXT),
    [BUNDLE]: encode(caBundle(state)),
  };
}

function keyPairData(pair: CaKeyPair | undefined, [certificateKey, keyKey]: readonly [string, string]): Record<string, string> {
  return pair ? { [certificateKey]: encode(pair.certificate.pem), [keyKey]: encode(pair.key.reveal()) } : {};
}

/** The data of the ConfigMap. */
export function caConfigMapData(state: CaState): Record<string, string> {
  return { [BUNDLE]: caBundle(state) };
}

/** The bundle that is published. */
export function publishedBundle(configMap: ConfigMap | undefined): string | undefined {
  return configMap?.data?.[BUNDLE];
}

/** The bundle in PEM; empty as long as there is no authority. */
export function caBundle(state: CaState): string {
  return formatBundle(publishedCertificates(state));
}

/** Whether the ConfigMap says what it has to say. */
export function isPublished(configMap: ConfigMap | undefined, state: CaState): boolean {
  const since = Date.parse(configMap?.metadata.annotations?.[PUBLISHED_AT_ANNOTATION] ?? '');
  return publishedBundle(configMap) === caBundle(state) && !Number.isNaN(since);
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
