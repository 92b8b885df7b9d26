import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { Sensitive } from '@oci-connector/sensitive';
import { createCa, formatBundle, readBundle, type CaCertificate, type CaKeyPair } from './ca-certificate';
import { caConfigMapData, caSecretData, readCaState, PUBLISHED_AT_ANNOTATION } from './ca-objects';
import { applyCaStep, nextCaStep, publishedCertificates, type CaState } from './ca-rotation';

const DAY = 86_400_000;
const policy = { lifetimeMs: 360 * DAY, publicationMs: DAY };

function pair(name: string, notBefore: number, notAfter: number): CaKeyPair {
  return { certificate: { pem: name, notBefore, notAfter }, key: new Sensitive(`key of ${name}`) };
}

const one = pair('one', 0, 360 * DAY);
const two = pair('two', 240 * DAY, 600 * DAY);
const old: CaCertificate = { pem: 'old', notBefore: -300 * DAY, notAfter: 60 * DAY };

describe('the next step of the authority', () => {
  const table: [string, number, CaState, object][] = [
    ['there is none', 0, { retired: [] }, { kind: 'create' }],
    ['it is young', DAY, { signing: one, retired: [] }, { kind: 'wait', until: 240 * DAY }],
    ['a moment before two thirds', 240 * DAY - 1, { signing: one, retired: [] }, { kind: 'wait', until: 240 * DAY }],
    ['at two thirds', 240 * DAY, { signing: one, retired: [] }, { kind: 'announce' }],
    ['the next one is not published', 250 * DAY, { signing: one, next: two, retired: [] }, { kind: 'wait', until: 360 * DAY }],
    [
      'it was published a moment too recently',
      241 * DAY - 1,
      { signing: one, next: two, retired: [], nextPublishedAt: 240 * DAY },
      { kind: 'wait', until: 241 * DAY },
    ],
    ['it was published long enough', 241 * DAY, { signing: one, next: two, retired: [], nextPublishedAt: 240 * DAY }, { kind: 'promote' }],
    ['an old one has time left', DAY, { signing: one, retired: [old] }, { kind: 'wait', until: 60 * DAY }],
    ['an old one has expired', 60 * DAY, { signing: one, retired: [old] }, { kind: 'drop' }],
    ['it expired and there is a next one', 360 * DAY, { signing: one, next: two, retired: [] }, { kind: 'promote' }],
    ['it expired and there is no next one', 360 * DAY, { signing: one, retired: [] }, { kind: 'create' }],
    ['both expired', 600 * DAY, { signing: one, next: two, retired: [] }, { kind: 'create' }],
    [
      'the next one expired, because no controller ran since it was announced',
      250 * DAY,
      { signing: one, next: pair('short', 240 * DAY, 241 * DAY), retired: [], nextPublishedAt: 240 * DAY },
      { kind: 'announce' },
    ],
    ['its key is lost and there is a next one', DAY, { next: two, retired: [] }, { kind: 'promote' }],
  ];
  it.each(table)('when %s', (_name, now, state, step) => {
    expect(nextCaStep(now, state, policy)).toEqual(step);
  });
});

describe('a rotation', () => {
  it('publishes an authority before it signs, and drops the old one when it expires', () => {
    const announced = applyCaStep({ signing: one, retired: [] }, 'announce', 240 * DAY, two);
    expect(announced.signing).toBe(one);
    expect(publishedCertificates(announced).map(({ pem }) => pem)).toEqual(['one', 'two']);

    const promoted = applyCaStep(announced, 'promote', 241 * DAY);
    expect(promoted.signing).toBe(two);
    expect(promoted.next).toBeUndefined();
    expect(publishedCertificates(promoted).map(({ pem }) => pem)).toEqual(['two', 'one']);

    expect(nextCaStep(360 * DAY, promoted, policy)).toEqual({ kind: 'drop' });
    const dropped = applyCaStep(promoted, 'drop', 360 * DAY);
    expect(publishedCertificates(dropped).map(({ pem }) => pem)).toEqual(['two']);
  });

  it('replaces a next authority that has expired', () => {
    const state = applyCaStep({ signing: one, next: pair('short', 240 * DAY, 241 * DAY), retired: [] }, 'announce', 250 * DAY, two);
    expect(publishedCertificates(state).map(({ pem }) => pem)).toEqual(['one', 'two']);
  });

  it('drops an expired certificate when a new one is created', () => {
    const state = applyCaStep({ signing: one, retired: [old] }, 'create', 400 * DAY, two);
    expect(publishedCertificates(state).map(({ pem }) => pem)).toEqual(['two']);
  });
});

describe('the authority itself', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');

  it('is a P-256 authority that signs only leaves, and is backdated by five minutes', async () => {
    const { certificate, key } = await createCa(now, 360 * DAY);
    const parsed = new X509Certificate(certificate.pem);
    expect(parsed.ca).toBe(true);
    expect(parsed.checkIssued(parsed)).toBe(true);
    expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(certificate).toMatchObject({ notBefore: now - 5 * 60_000, notAfter: now + 360 * DAY });
    expect(JSON.stringify({ key })).toBe('{"key":"[redacted]"}');
  });

  it('has a different name each time', async () => {
    const [first, second] = await Promise.all([createCa(now, DAY), createCa(now, DAY)]);
    expect(new X509Certificate(first.certificate.pem).subject).not.toBe(new X509Certificate(second.certificate.pem).subject);
  });

  it('is read from the Secret and the ConfigMap as it was written', async () => {
    const [signing, next, retired] = await Promise.all([createCa(now, 9 * DAY), createCa(now, 9 * DAY), createCa(now, DAY)]);
    const state: CaState = { signing, next, retired: [retired.certificate] };
    const metadata = { name: 'connectors-proxy-ca', annotations: { [PUBLISHED_AT_ANNOTATION]: new Date(now).toISOString() } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: caSecretData(state) };
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: caConfigMapData(state) };
    const read = readCaState(secret, configMap);
    expect(publishedCertificates(read)).toEqual(publishedCertificates(state));
    expect(read.signing?.key.reveal()).toBe(signing.key.reveal());
    expect(read.nextPublishedAt).toBe(now);
    expect(Object.keys(secret.data).sort()).toEqual(['ca.crt', 'next.crt', 'next.key', 'tls.crt', 'tls.key']);
    expect(JSON.stringify(configMap)).not.toContain('PRIVATE');
  });

  it('does not count as published when the bundle lacks it', async () => {
    const [signing, next] = await Promise.all([createCa(now, DAY), createCa(now, DAY)]);
    const metadata = { name: 'connectors-proxy-ca', annotations: { [PUBLISHED_AT_ANNOTATION]: new Date(now).toISOString() } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: caSecretData({ signing, next, retired: [] }) };
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': signing.certificate.pem } };
    expect(readCaState(secret, configMap).nextPublishedAt).toBeUndefined();
  });

  it.each([
    ['garbage', { 'tls.crt': 'Z2FyYmFnZQ==', 'tls.key': 'Z2FyYmFnZQ==' }],
    ['nothing', {}],
    ['an empty key', { 'tls.crt': 'Z2FyYmFnZQ==', 'tls.key': '' }],
  ])('is absent when the Secret contains %s', (_name, data) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'connectors-proxy-ca' }, data };
    expect(readCaState(secret, undefined)).toEqual({ signing: undefined, next: undefined, retired: [], nextPublishedAt: undefined });
  });

  it('is absent when key and certificate do not belong together', async () => {
    const [signing, other] = await Promise.all([createCa(now, DAY), createCa(now, DAY)]);
    const data = caSecretData({ signing: { certificate: signing.certificate, key: other.key }, retired: [] });
    expect(readCaState({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ca' }, data }, undefined).signing).toBeUndefined();
  });

  it.each<[string, string, boolean]>([
    ['has another curve', 'P-384', true],
    ['is no CA', 'P-256', false],
  ])('is absent when the certificate %s, because the proxy could not sign with it', async (_name, namedCurve, ca) => {
    const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const extensions = [new BasicConstraintsExtension(ca)];
    const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=own', keys, signingAlgorithm: algorithm, extensions });
    const key = KeyObject.from(keys.privateKey).export({ format: 'pem', type: 'pkcs8' });
    const encoded = (text: string): string => Buffer.from(text).toString('base64');
    const data = { 'tls.crt': encoded(certificate.toString('pem')), 'tls.key': encoded(key.toString()) };
    expect(readCaState({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ca' }, data }, undefined).signing).toBeUndefined();
  });

  it('reads a bundle as it was written', async () => {
    const [first, second] = await Promise.all([createCa(now, DAY), createCa(now, DAY)]);
    const certificates = [first.certificate, second.certificate];
    expect(readBundle(formatBundle(certificates))).toEqual(certificates);
  });
});
