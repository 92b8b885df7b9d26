import { quayQuirks, startFixtureRegistry, type FixtureRegistry, type FixtureRegistryOptions } from '@oci-connector/testing-registry';
import { newAccount, registryDirectory, type Registry, type RegistryContext } from './registries';
import { OUTSIDE_ADDRESS, type OutsideHost } from './world';

/** More than three pages, so that clients follow every form of Link. */
const PAGED = { extraTags: 7, pageSize: 2 } as const;

/** Starts the fixture registry several times, each with the behaviour of a real registry that cannot run here. */
export async function startFixtures(context: RegistryContext): Promise<Registry[]> {
  const account = newAccount('robot');
  const accounts = [account];
  const byToken = await startFixture(context, 'fixture', { auth: { mode: 'token', accounts } });
  // With Basic, for tests in which a token for one repository would forbid an action that the account may do.
  await startFixture(context, 'fixture-basic', { auth: { mode: 'basic', accounts } });
  await startFixture(context, 'quay-rules', {
    auth: { mode: 'token', accounts, realm: 'same-origin', tokens: { fields: 'token', omitIssuedAt: true, omitExpiresIn: true } },
    quirks: quayQuirks(),
  });
  const paged = await startFixture(context, 'paged-lists', {
    auth: { mode: 'token', accounts },
    quirks: { ...PAGED, lists: { tags: 'other-path', referrers: 'other-host', links: ['relative', 'bare', 'absolute-path'] } },
  });
  const redirecting = await startFixture(context, 'blob-redirects', {
    auth: { mode: 'token', accounts },
    cdnName: 'blobs.example',
    quirks: { blobRedirect: {} },
  });
  const registry = (name: string, trustedRealm?: string): Registry => ({
    name,
    address: `https://${name}.registry.example`,
    account,
    trustedRealm,
  });
  return [
    registry('fixture', byToken.tokenOrigin),
    { ...registry('fixture-basic'), outsideMatrix: true },
    registry('quay-rules'),
    { ...registry('paged-lists', paged.tokenOrigin), extraTags: PAGED.extraTags },
    { ...registry('blob-redirects', redirecting.tokenOrigin), outsideMatrix: true },
  ];
}

type FixtureName = 'fixture' | 'fixture-basic' | 'quay-rules' | 'paged-lists' | 'blob-redirects';

async function startFixture(context: RegistryContext, name: FixtureName, options: FixtureRegistryOptions): Promise<FixtureRegistry> {
  const host: OutsideHost = `${name}.registry.example`;
  const directory = await registryDirectory(context, name);
  const tls = await context.authority.issue({ names: [host, ...(options.cdnName ? [options.cdnName] : [])] });
  const fixture = await startFixtureRegistry({
    ...options,
    host: OUTSIDE_ADDRESS[host],
    port: 443,
    publicName: host,
    tls,
    cdnTls: tls,
    directory,
  });
  context.closing.push(() => fixture.close());
  return fixture;
}
