import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { TRUST_STORE_PASSWORD, trustStore } from './trust-store';

/** With real certificates, because Java refuses a truststore that contains anything else. */
describe('a truststore', () => {
  const certificates = rootCertificates.map((pem) => Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64'));
  let directory: string;
  let file: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'truststore-'));
    file = path.join(directory, 'truststore.p12');
    writeFileSync(file, trustStore(certificates));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('contains every certificate as a trusted one for Java, and no other entry', () => {
    const options = ['-list', '-storetype', 'PKCS12', '-keystore', file, '-storepass', TRUST_STORE_PASSWORD];
    const list = execFileSync('keytool', options, { encoding: 'utf8' });
    const fingerprints = [...list.matchAll(/, trustedCertEntry, ?\n.*: ([0-9A-F:]{95})\n/g)].map(([, hex = '']) => hex.replaceAll(':', ''));
    expect(list).toContain(`contains ${certificates.length} entries`);
    expect(fingerprints.sort()).toEqual(certificates.map((der) => createHash('sha256').update(der).digest('hex').toUpperCase()).sort());
  });

  it('can be read by OpenSSL, which finds no key in it', () => {
    const options = ['pkcs12', '-info', '-in', file, '-passin', `pass:${TRUST_STORE_PASSWORD}`, '-nodes'];
    const text = execFileSync('openssl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(certificates.length);
    expect(text).not.toContain('PRIVATE KEY');
  });
});
