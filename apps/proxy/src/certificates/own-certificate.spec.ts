import { X509Certificate } from 'node:crypto';
import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock, until } from '@oci-connector/testing-kit';
import { createSigningAuthority } from '../../test/signing-authority';
import { type SigningAuthority } from './certificate-authority';
import { type Leaf, LeafCertificates } from './leaf-certificates';
import { OwnCertificate } from './own-certificate';

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('OwnCertificate', () => {
  let clock: ManualClock;
  let authority: { current: SigningAuthority | undefined };
  let used: Leaf[];
  let errors: unknown[];
  let mint: LeafCertificates['mint'];
  let certificate: OwnCertificate;

  beforeEach(() => {
    clock = new ManualClock();
    authority = { current: undefined };
    used = [];
    errors = [];
    const leaves = new LeafCertificates({ authority: () => authority.current, now: () => clock.now(), ownerOf: () => undefined });
    mint = (names, signing) => leaves.mint(names, signing);
    certificate = new OwnCertificate({
      authority,
      leaves: { mint: (names, signing) => mint(names, signing) },
      names: ['proxy.example', '10.0.0.1'],
      clock,
      use: (made) => used.push(made),
      onError: (error) => errors.push(error),
    });
    certificate.start();
  });

  afterEach(() => certificate.stop());

  async function anAuthority(lifetime = 365 * 24 * HOUR): Promise<SigningAuthority> {
    const notAfter = new Date(clock.now() + lifetime);
    const { certificate: pem, key } = await createSigningAuthority({ notAfter });
    return { certificate: pem, key: new Sensitive(key), notAfter: notAfter.getTime() };
  }

  const signed = ({ options }: Leaf, by: SigningAuthority): boolean =>
    new X509Certificate(options.cert as string).verify(new X509Certificate(by.certificate).publicKey);

  it('is issued once there is an authority, and renewed every 8 hours until stopped', async () => {
    await certificate.renew();
    expect(used).toEqual([]);
    authority.current = await anAuthority();
    await certificate.renew();
    clock.advance(8 * HOUR - MINUTE);
    expect(used).toHaveLength(1);
    clock.advance(MINUTE);
    await until(() => used.length === 2);
    const names = used.map(({ options }) => new X509Certificate(options.cert as string).subjectAltName);
    expect(names).toEqual(Array(2).fill('DNS:proxy.example, IP Address:10.0.0.1'));
    certificate.stop();
    expect(clock.timers).toEqual([]);
  });

  it('stays when a renewal fails, and is renewed a minute later', async () => {
    const good = await anAuthority();
    authority.current = { ...good, key: new Sensitive('no key') };
    await certificate.renew();
    expect({ used: used.length, errors: errors.length }).toEqual({ used: 0, errors: 1 });
    authority.current = good;
    clock.advance(MINUTE);
    await until(() => used.length === 1);
    expect(errors).toHaveLength(1);
  });

  it('is not replaced by one of the former authority, when that is issued later than one of the next', async () => {
    const [former, next] = await Promise.all([anAuthority(), anAuthority()]);
    const issue = mint;
    let finish = (): void => undefined;
    const delayed = new Promise<void>((resolve) => (finish = resolve));
    mint = (names, signing) => (signing === former ? delayed.then(() => issue(names, signing)) : issue(names, signing));
    authority.current = former;
    const slow = certificate.renew();
    authority.current = next;
    await certificate.renew();
    finish();
    await slow;
    expect(used.map((one) => signed(one, next))).toEqual([true]);
  });

  it('is not issued by an authority that has expired: the log says so every minute until there is another one', async () => {
    authority.current = await anAuthority(HOUR);
    await certificate.renew();
    clock.advance(8 * HOUR);
    await until(() => errors.length === 1);
    clock.advance(MINUTE);
    await until(() => errors.length === 2);
    expect(errors.map(String)).toEqual(Array(2).fill(expect.stringContaining('the CA of the proxy expired at ')));
    const next = await anAuthority();
    authority.current = next;
    await certificate.renew();
    expect(used.map((one) => signed(one, next))).toEqual([false, true]);
  });
});
