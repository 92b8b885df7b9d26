import { X509Certificate } from 'node:crypto';
import { type SecureContextOptions } from 'node:tls';
import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock, until } from '@oci-connector/testing-kit';
import { createSigningAuthority } from '../../test/signing-authority';
import { type SigningAuthority } from './certificate-authority';
import { LeafCertificates } from './leaf-certificates';
import { OwnCertificate } from './own-certificate';

const PERIOD_MS = 8 * 60 * 60 * 1_000;

describe('OwnCertificate', () => {
  const authority: { current?: SigningAuthority } = {};
  const clock = new ManualClock();
  const leaves = new LeafCertificates({ authority: () => authority.current, now: () => clock.now(), ownerOf: () => undefined });
  const used: SecureContextOptions[] = [];
  const errors: unknown[] = [];
  const certificate = new OwnCertificate({
    authority: authority as { current: SigningAuthority | undefined },
    leaves,
    names: ['proxy.example', '10.0.0.1'],
    clock,
    use: (made) => used.push(made),
    onError: (error) => errors.push(error),
  });
  const nameLists = (): (string | undefined)[] => used.map(({ cert }) => new X509Certificate(cert as string).subjectAltName);

  it('is issued once there is an authority, renewed until stopped, and kept when a renewal fails', async () => {
    certificate.start();
    await certificate.renew();
    expect(used).toEqual([]);

    const { certificate: pem, key } = await createSigningAuthority();
    authority.current = { certificate: pem, key: new Sensitive(key), notAfter: clock.now() + 365 * 24 * 60 * 60 * 1_000 };
    await certificate.renew();
    clock.advance(PERIOD_MS);
    await until(() => used.length === 2);
    expect(nameLists()).toEqual(Array(2).fill('DNS:proxy.example, IP Address:10.0.0.1'));

    authority.current = { ...authority.current, key: new Sensitive('no key') };
    await certificate.renew();
    expect({ made: used.length, failed: errors.length }).toEqual({ made: 2, failed: 1 });

    certificate.stop();
    expect(clock.timers).toEqual([]);
  });
});
