import {
  anImage,
  harborQuirks,
  pushImage,
  quayQuirks,
  startFixtureRegistry,
  type FixtureRegistry,
  type FixtureRegistryOptions,
} from '@oci-connector/testing-registry';
import { RefusedCredentials } from '@oci-connector/oci-auth';
import { LoopbackServer } from '@oci-connector/testing-kit';
import { aCredential, aTarget } from '../../../test/diagnosis-fixture';
import { checkCredential } from './check-credential';

const PASSWORD = 'pw-fixture';
const accounts = [
  { username: 'ada', password: PASSWORD, grants: { 'team/app': ['pull'] as const } },
  { username: 'root', password: PASSWORD },
];
const token = (more: object = {}): FixtureRegistryOptions => ({ auth: { mode: 'token', realm: 'same-origin', accounts, ...more } });
const basic: FixtureRegistryOptions = { auth: { mode: 'basic', accounts } };

async function withRegistry(options: FixtureRegistryOptions, test: (registry: FixtureRegistry) => Promise<void>): Promise<void> {
  const registry = await startFixtureRegistry(options);
  try {
    await test(registry);
  } finally {
    await registry.close();
  }
}

describe('a good credential', () => {
  it.each([
    ['Bearer', token()],
    ['Basic', basic],
    ['nothing', {}],
    ['Harbor', { ...token({ realm: 'request-host', tokens: { fields: 'empty-access-token' } }), quirks: harborQuirks() }],
  ])('passes where the registry wants %s', async (_name, options) => {
    await withRegistry(options, async (registry) => {
      expect(await checkCredential(aTarget(registry.origin, { credential: aCredential('ada', PASSWORD) }))).toEqual({ outcome: 'passed' });
    });
  });

  it('passes with a repository that it may pull from, prefix included', async () => {
    await withRegistry(token(), async (registry) => {
      const target = aTarget(`${registry.origin}/team`, { credential: aCredential('ada', PASSWORD) });
      expect(await checkCredential(target, { repository: 'app' })).toEqual({ outcome: 'passed' });
      expect(registry.requests.some(({ query }) => query.includes('team%2Fapp') || query.includes('team/app'))).toBe(true);
    });
  });

  it('fails with a repository that it may not pull from, without being called refused', async () => {
    await withRegistry(token(), async (registry) => {
      const target = aTarget(registry.origin, { credential: aCredential('ada', PASSWORD) });
      const finding = await checkCredential(target, { repository: 'other/app' });
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthenticationFailed' });
      expect(finding.credentialRefused).toBeUndefined();
    });
  });
});

describe('a wrong password', () => {
  it.each([
    ['Bearer', token()],
    ['Basic', basic],
    ['Harbor', { ...token({ realm: 'request-host' }), quirks: harborQuirks() }],
  ])('is refused where the registry wants %s, and is in no message', async (_name, options) => {
    await withRegistry(options, async (registry) => {
      const finding = await checkCredential(aTarget(registry.origin, { credential: aCredential('ada', 'wrong-password') }));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthenticationFailed' });
      expect(finding.message).toMatch(/^Authentication failed: status code 40[13]/);
      expect(JSON.stringify(finding)).not.toContain('wrong-password');
    });
  });
});

describe('an anonymous Connector', () => {
  it.each([
    ['lets everybody in', {}],
    ['gives tokens to everybody', token({ anonymousGrants: { '*': ['pull'] } })],
  ])('passes where the registry %s', async (_name, options) => {
    await withRegistry(options, async (registry) => {
      expect(await checkCredential(aTarget(registry.origin))).toEqual({ outcome: 'passed' });
      expect(registry.requests.filter(({ headers }) => headers.authorization?.startsWith('Basic'))).toEqual([]);
    });
  });

  it.each([
    ['Harbor', harborQuirks()],
    ['Quay', quayQuirks()],
  ])('of %s, whose token server refuses a request without scope, goes on to the repository', async (_name, quirks) => {
    await withRegistry({ ...token({ anonymousGrants: { 'library/*': ['pull'] } }), quirks }, async (registry) => {
      await pushImage(
        { url: registry.url, repository: 'library/app', reference: 'v1', auth: { username: 'root', password: PASSWORD } },
        anImage(),
      );
      registry.clearRequests();
      expect(await checkCredential(aTarget(registry.origin), { repository: 'library/app' })).toEqual({ outcome: 'passed' });
      const unnamed = await checkCredential(aTarget(registry.origin));
      expect(unnamed).toMatchObject({ outcome: 'failed', reason: 'AuthenticationFailed' });
      expect(unnamed.message).toContain('Name one in the auth parameter "repository"');
      const closed = await checkCredential(aTarget(registry.origin), { repository: 'private/app' });
      expect(closed).toMatchObject({ outcome: 'failed', reason: 'AuthenticationFailed' });
      expect(closed.message).toContain('does not let everybody pull from "private/app"');
      expect(registry.requests.filter(({ headers }) => headers.authorization?.startsWith('Basic'))).toEqual([]);
    });
  });

  it('fails where the registry wants a password', async () => {
    await withRegistry(basic, async (registry) => {
      const finding = await checkCredential(aTarget(registry.origin));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthenticationFailed' });
      expect(finding.message).toContain('spec.auth.secretRef');
    });
  });
});

it('a realm with user info has a reason of its own, and nothing is sent there', async () => {
  await withRegistry(token({ realm: { url: 'http://user@127.0.0.1/token' } }), async (registry) => {
    const finding = await checkCredential(aTarget(registry.origin, { credential: aCredential('ada', PASSWORD) }));
    expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthRealmInvalid' });
    expect(registry.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  });
});

it('a refused credential is sent once, whatever shares it: other addresses, other repositories', async () => {
  await withRegistry(token(), async (registry) => {
    const refusals = new RefusedCredentials();
    const credential = aCredential('ada', 'wrong');
    for (const [prefix, repository] of [
      ['', undefined],
      ['/a', undefined],
      ['/b', 'app'],
    ] as const) {
      expect(await checkCredential(aTarget(registry.origin + prefix, { credential }), { repository, refusals })).toMatchObject({
        outcome: 'failed',
        reason: 'AuthenticationFailed',
      });
    }
    expect(registry.requests.filter(({ headers }) => headers.authorization !== undefined)).toHaveLength(1);
  });
});

describe('C1: a token server on another origin', () => {
  const elsewhere = token({ realm: 'other-origin' });

  it('gets nothing unless it is trusted, and the message says how to trust it', async () => {
    await withRegistry(elsewhere, async (registry) => {
      const finding = await checkCredential(aTarget(registry.origin, { credential: aCredential('ada', PASSWORD) }));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthRealmUntrusted' });
      expect(finding.message).toContain(registry.tokenOrigin);
      expect(finding.message).toContain('spec.auth.trustedRealms');
      expect(registry.requests.filter(({ server }) => server === 'token')).toEqual([]);
      expect(registry.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });
  });

  it('is asked when the Connector trusts it', async () => {
    await withRegistry(elsewhere, async (registry) => {
      const target = aTarget(registry.origin, { credential: aCredential('ada', PASSWORD), trustedRealms: [registry.tokenOrigin] });
      expect(await checkCredential(target)).toEqual({ outcome: 'passed' });
    });
  });
});

describe('what leaves the question open', () => {
  const credential = aCredential('ada', PASSWORD);

  it('a token server that asks to wait', async () => {
    await withRegistry(token(), async (registry) => {
      registry.quirks.tokenAnswer = { kind: 'status', status: 429, headers: { 'retry-after': '120' } };
      expect(await checkCredential(aTarget(registry.origin, { credential }))).toMatchObject({
        outcome: 'unknown',
        reason: 'Throttled',
        retryAfterMs: 120_000,
      });
    });
  });

  it('a token server that is ill', async () => {
    await withRegistry(token(), async (registry) => {
      registry.quirks.tokenAnswer = { kind: 'status', status: 503 };
      expect(await checkCredential(aTarget(registry.origin, { credential }))).toMatchObject({
        outcome: 'unknown',
        reason: 'ConnectionFailed',
      });
    });
  });

  it('a host that is gone', async () => {
    const server = await LoopbackServer.start((_request, response) => response.end());
    const { origin } = server;
    await server.close();
    expect(await checkCredential(aTarget(origin, { credential }))).toMatchObject({ outcome: 'unknown', reason: 'ConnectionFailed' });
  });

  it('a server that never answers', async () => {
    const server = await LoopbackServer.start(() => undefined);
    try {
      expect(await checkCredential(aTarget(server.origin, { credential, timeoutMs: 50 }))).toMatchObject({
        outcome: 'unknown',
        reason: 'ConnectionFailed',
      });
    } finally {
      await server.close();
    }
  });

  it('an answer that makes no sense is a failure, not an open question', async () => {
    await withRegistry(token(), async (registry) => {
      registry.quirks.tokenAnswer = { kind: 'garbage' };
      expect(await checkCredential(aTarget(registry.origin, { credential }))).toMatchObject({
        outcome: 'failed',
        reason: 'AuthenticationFailed',
      });
    });
  });
});
