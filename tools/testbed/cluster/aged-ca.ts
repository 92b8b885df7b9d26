import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { X509Certificate, X509CertificateGenerator } from '@peculiar/x509';
import { DEFAULT_NAMESPACE, PROXY_CA_KEYS, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { Secrets, type KubeClient } from '@oci-connector/kube';

export const CA_KEY = { namespace: DEFAULT_NAMESPACE, name: PROXY_CA_NAME } as const;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Gives the CA a certificate that expires soon, for the same name and key, so that clients which trust the previous certificate trust
 * all that the CA signs. More than two thirds of its lifetime have passed, so the controller begins a rotation.
 *
 * @param remainingMs time until it expires, in milliseconds
 */
export async function ageCa(client: KubeClient, remainingMs: number): Promise<void> {
  const secret = await client.get(Secrets, CA_KEY);
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('latin1');
  const before = new X509Certificate(text(PROXY_CA_KEYS.certificate));
  const der = createPrivateKey(text(PROXY_CA_KEYS.privateKey)).export({ format: 'der', type: 'pkcs8' });
  const now = Date.now();
  const aged = await X509CertificateGenerator.create(
    {
      subject: before.subject,
      issuer: before.subject,
      notBefore: new Date(now - 3 * remainingMs),
      notAfter: new Date(now + remainingMs),
      publicKey: before.publicKey,
      signingKey: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']),
      signingAlgorithm: ALGORITHM,
      extensions: before.extensions,
    },
    webcrypto,
  );
  const certificate = Buffer.from(`${aged.toString('pem')}\n`).toString('base64');
  // The bundle as well: the controller keeps every certificate in it until it expires.
  const data = { ...secret.data, [PROXY_CA_KEYS.certificate]: certificate, [PROXY_CA_KEYS.bundle]: certificate };
  await client.update(Secrets, { ...secret, data });
}
