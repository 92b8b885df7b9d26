import { X509Certificate } from 'node:crypto';
import { Sensitive } from '@oci-connector/sensitive';
import { createSigningAuthority } from '../../test/signing-authority';
import { type SigningAuthority } from './certificate-authority';
import { type Leaf, LeafCertificates } from './leaf-certificates';

const HOUR = 3_600_000;

async function anAuthority(lifetime = 365 * 24 * HOUR): Promise<SigningAuthority> {
  const notAfter = new Date(Math.floor((Date.now() + lifetime) / 1_000) * 1_000);
  const { certificate, key } = await createSigningAuthority({ notAfter });
  return { certificate, key: new Sensitive(key), notAfter: notAfter.getTime() };
}

async function mint(authority: SigningAuthority, hosts: string[]): Promise<X509Certificate> {
  const leaves = new LeafCertificates({ authority: () => authority, now: () => Date.now(), ownerOf: () => 'team' });
  const { options } = await leaves.mint(hosts, authority);
  return new X509Certificate(options.cert as string);
}

describe('LeafCertificates', () => {
  it('issues certificates of the authority for names and addresses, valid for 24 hours and back-dated by 5 minutes', async () => {
    const authority = await anAuthority();
    const leaf = await mint(authority, ['c-a.b.svc', '10.0.0.1', '::1']);
    const ca = new X509Certificate(authority.certificate);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkHost('c-a.b.svc')).toBe('c-a.b.svc');
    expect(leaf.checkHost('c-a.b')).toBeUndefined();
    expect(leaf.checkIP('10.0.0.1')).toBe('10.0.0.1');
    expect(leaf.checkIP('::1')).toBe('::1');
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBe(24 * HOUR + 300_000);
    expect(Math.abs(Date.parse(leaf.validFrom) + 300_000 - Date.now())).toBeLessThan(60_000);
  });

  it('issues no certificate that outlives the authority', async () => {
    const authority = await anAuthority(HOUR);
    expect(Date.parse((await mint(authority, ['a'])).validTo)).toBe(authority.notAfter);
  });

  it('issues one certificate for each name, and another after two thirds of its lifetime or a change of the authority', async () => {
    let now = Date.now();
    let authority = await anAuthority();
    const leaves = new LeafCertificates({
      authority: () => authority,
      now: () => now,
      ownerOf: (name) => (name === 'served' ? 'team' : undefined),
    });
    const first = await leaves.contextFor('served');
    expect(first).toBeDefined();
    expect(await leaves.contextFor('SERVED')).toBe(first);
    now += 15 * HOUR;
    expect(await leaves.contextFor('served')).toBe(first);
    now += 2 * HOUR;
    const second = await leaves.contextFor('served');
    expect(second).not.toBe(first);
    authority = await anAuthority();
    const third = await leaves.contextFor('served');
    expect(third).not.toBe(second);
    expect(await leaves.contextFor('served')).toBe(third);
  });

  it('issues one certificate for all that ask at the same time, also when the last one has to be renewed', async () => {
    let now = Date.now();
    const authority = await anAuthority();
    const leaves = new LeafCertificates({ authority: () => authority, now: () => now, ownerOf: () => 'team' });
    const ask = async (): Promise<Set<Leaf | undefined>> =>
      new Set(await Promise.all([1, 2, 3].map(() => leaves.leafFor('served', 'team'))));
    expect((await ask()).size).toBe(1);
    now += 17 * HOUR;
    expect((await ask()).size).toBe(1);
  });

  it('does not use a certificate of the former authority again when the authority changes while it is issued', async () => {
    const [former, next] = await Promise.all([anAuthority(), anAuthority()]);
    let current = former;
    const leaves = new LeafCertificates({ authority: () => current, now: () => Date.now(), ownerOf: () => 'team' });
    const begun = leaves.leafFor('served', 'team');
    current = next;
    const after = leaves.leafFor('served', 'team');
    const issuedBy = (leaf: Leaf | undefined, { certificate }: SigningAuthority): boolean =>
      new X509Certificate(leaf?.options.cert as string).verify(new X509Certificate(certificate).publicKey);
    expect(issuedBy(await begun, former)).toBe(true);
    expect(issuedBy(await after, next)).toBe(true);
    expect(await leaves.leafFor('served', 'team')).toBe(await after);
  });

  it('uses a certificate until its authority expires, and issues none with an authority that has expired', async () => {
    const authority = await anAuthority(HOUR);
    let now = Date.now();
    const leaves = new LeafCertificates({ authority: () => authority, now: () => now, ownerOf: () => 'team' });
    const first = await leaves.leafFor('served', 'team');
    now = authority.notAfter - 1;
    expect(await leaves.leafFor('served', 'team')).toBe(first);
    now = authority.notAfter;
    expect(await leaves.leafFor('served', 'team')).toBeUndefined();
    await expect(leaves.mint(['served'], authority)).rejects.toThrow(
      /^the CA of the proxy expired at .*; check that the controller is running$/,
    );
  });

  it('tries again after a failure', async () => {
    const good = await anAuthority();
    const authority = { ...good, key: new Sensitive('no key') };
    const leaves = new LeafCertificates({ authority: () => authority, now: () => Date.now(), ownerOf: () => 'team' });
    await expect(leaves.leafFor('served', 'team')).rejects.toThrow();
    authority.key = good.key;
    expect(await leaves.leafFor('served', 'team')).toBeDefined();
  });

  it('issues no certificate for a name that is not served, and none without an authority', async () => {
    const authority = await anAuthority();
    const strict = new LeafCertificates({ authority: () => authority, now: () => Date.now(), ownerOf: () => undefined });
    expect(await strict.contextFor('registry-1.docker.io')).toBeUndefined();
    const early = new LeafCertificates({ authority: () => undefined, now: () => Date.now(), ownerOf: () => 'team' });
    expect(await early.contextFor('served')).toBeUndefined();
  });
});
