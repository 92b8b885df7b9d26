import { createPrivateKey, X509Certificate } from 'node:crypto';
import { PROXY_CA_KEYS } from '@oci-connector/connector-api';
import { type ConfigMap, type Secret } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { CA_CURVE, formatBundle, readBundle, readCaCertificate, type CaCertificate, type CaKeyPair } from './ca-certificate';
import { publishedCertificates, type CaState } from './ca-rotation';

/** Annotation of the ConfigMap: the time since when its bundle is published (RFC 3339). A new authority signs only some time after that. */
export const PUBLISHED_AT_ANNOTATION = 'connectors.alauda.io/published-at';

const SIGNING = [PROXY_CA_KEYS.certificate, PROXY_CA_KEYS.privateKey] as const;
const BUNDLE = PROXY_CA_KEYS.bundle;

/** Keys of the next authority in the Secret, present only in the first phase of a rotation. Only the controller reads them. */
const NEXT = ['next.crt', 'next.key'] as const;

/** Reads the state from both objects. Treats parts that cannot be used as absent, so that they are replaced. */
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
    const parsed = new X509Certificate(certificate);
    // The proxy can sign only with such a key.
    const canSign = parsed.ca && parsed.publicKey.asymmetricKeyDetails?.namedCurve === CA_CURVE;
    if (!canSign || !parsed.checkPrivateKey(createPrivateKey(key))) {
      return undefined;
    }
    return { certificate: readCaCertificate(certificate), key: new Sensitive(key) };
  } catch {
    // The error is dropped: OpenSSL's errors may quote their input, which is a private key.
    return undefined;
  }
}

function readCertificates(text: string | undefined): CaCertificate[] {
  try {
    return readBundle(text ?? '');
  } catch {
    // A damaged bundle is written again from the certificates that are still known.
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

/** Returns the data of the Secret. */
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

/** Returns the data of the ConfigMap. */
export function caConfigMapData(state: CaState): Record<string, string> {
  return { [BUNDLE]: caBundle(state) };
}

/** Returns the bundle in the ConfigMap. */
export function publishedBundle(configMap: ConfigMap | undefined): string | undefined {
  return configMap?.data?.[BUNDLE];
}

/** Returns the bundle in PEM; empty while there is no authority. */
export function caBundle(state: CaState): string {
  return formatBundle(publishedCertificates(state));
}

/** Whether the ConfigMap has the current bundle and its time of publication. */
export function isPublished(configMap: ConfigMap | undefined, state: CaState): boolean {
  const since = Date.parse(configMap?.metadata.annotations?.[PUBLISHED_AT_ANNOTATION] ?? '');
  return publishedBundle(configMap) === caBundle(state) && !Number.isNaN(since);
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
