import { LoopbackServer, ManualClock, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { startFixtureRegistry, type FixtureRegistry, type FixtureRegistryOptions } from '@oci-connector/testing-registry';
import { EgressPolicy } from '@oci-connector/egress';
import { aTarget } from '../../../test/diagnosis-fixture';
import { checkLiveness } from './check-liveness';
import { type Finding } from '../../finding';

const accounts = [{ username: 'ada', password: 'pw-fixture' }];

describe('a registry is alive', () => {
  const modes: [string, FixtureRegistryOptions][] = [
    ['that lets everybody in', {}],
    ['that wants Basic', { auth: { mode: 'basic', accounts } }],
    ['that wants Bearer', { auth: { mode: 'token', accounts } }],
    ['that forgets its challenge', { auth: { mode: 'token', accounts }, quirks: { omitChallenge: true } }],
  ];
  it.each(modes)('%s', async (_name, options) => {
    const registry = await startFixtureRegistry(options);
    try {
      expect(await checkLiveness(aTarget(`${registry.origin}/team/a`))).toEqual({ outcome: 'passed' });
      expect(registry.requests.map(({ server, method, path }) => [server, method, path])).toEqual([
        ['registry', 'GET', '/v2/'],
        ['registry', 'GET', '/v2/team/a/connector-probe/tags/list'],
      ]);
      expect(registry.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    } finally {
      await registry.close();
    }
  });
});

it('a registry that names the date until which it wants to be left alone is believed by the clock that is handed in', async () => {
  const clock = new ManualClock();
  const until = new Date(clock.now() + 120_000).toUTCString();
  const server = await LoopbackServer.start((_request, response) => response.writeHead(429, { 'retry-after': until }).end());
  try {
    expect(await checkLiveness(aTarget(server.origin, { clock }))).toMatchObject({ reason: 'Throttled', retryAfterMs: 120_000 });
  } finally {
    await server.close();
  }
});

describe('below the path of spec.address', () => {
  const below: [string, string, { status: number; headers?: Record<string, string>; body?: string }, 'passed' | 'failed'][] = [
    ['a repository that does not exist', '/team', { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }, 'passed'],
    ['a question for a login', '/team', { status: 401 }, 'passed'],
    ['a refusal', '/team', { status: 403 }, 'passed'],
    ['an ill server', '/team', { status: 503 }, 'passed'],
    ['a list', '/v2/team', { status: 200, body: '{"name":"x","tags":null}' }, 'passed'],
    ['the default page of an ingress', '/team', { status: 404, body: 'default backend - 404' }, 'failed'],
    ['a web page', '/team', { status: 200, body: '<!doctype html>' }, 'failed'],
    ['a name that the registry does not take', '/team', { status: 400, body: '{"errors":[{"code":"NAME_INVALID"}]}' }, 'failed'],
    ['the same with another status', '/team', { status: 404, body: '{"errors":[{"code":"NAME_INVALID"}]}' }, 'failed'],
    ['a redirect', '/team', { status: 302, headers: { location: '/login' } }, 'failed'],
  ];
  it.each(below)('a wrong prefix becomes visible: %s', async (_name, path, answer, outcome) => {
    const server = await LoopbackServer.start(({ url }, response) => {
      if (url === '/v2/') {
        response.end('{}');
      } else {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    });
    try {
      const finding = await checkLiveness(aTarget(`${server.origin}${path}`));
      expect(finding).toMatchObject(
        outcome === 'passed'
          ? { outcome }
          : { outcome, reason: 'NotARegistry', message: expect.stringContaining('/v2/team/connector-probe/tags/list') as string },
      );
      expect(server.requests.map(({ url }) => url)).toEqual(['/v2/', '/v2/team/connector-probe/tags/list']);
    } finally {
      await server.close();
    }
  });

  it.each(['', '/', '/v2', '/v2/', '/V2/'])('asks nothing more of an address with the path %j', async (path) => {
    const server = await LoopbackServer.start((_request, response) => response.end('{}'));
    try {
      expect(await checkLiveness(aTarget(`${server.origin}${path}`))).toEqual({ outcome: 'passed' });
      expect(server.requests.map(({ url }) => url)).toEqual(['/v2/']);
    } finally {
      await server.close();
    }
  });
});

describe('what else answers', () => {
  const table: [string, { status: number; headers?: Record<string, string>; body?: string }, Partial<Finding>][] = [
    ['nothing at that path', { status: 404 }, { outcome: 'failed', reason: 'NotARegistry' }],
    ['a refusal without a question', { status: 403 }, { outcome: 'failed', reason: 'NotARegistry' }],
    [
      'a refusal with a challenge, which is a registry',
      { status: 403, headers: { 'www-authenticate': 'Bearer realm="https://r.example/token"' } },
      { outcome: 'passed' },
    ],
    [
      'a refusal with another challenge',
      { status: 403, headers: { 'www-authenticate': 'Negotiate' } },
      { outcome: 'failed', reason: 'NotARegistry' },
    ],
    ['a web page', { status: 200, body: '\n<!DOCTYPE html><html></html>' }, { outcome: 'failed', reason: 'NotARegistry' }],
    ['Quay, which calls its true a page', { status: 200, headers: { 'content-type': 'text/html' }, body: 'true' }, { outcome: 'passed' }],
    ['an ill server', { status: 503 }, { outcome: 'failed', reason: 'ConnectionFailed' }],
    ['a busy server', { status: 429 }, { outcome: 'unknown', reason: 'Throttled' }],
    [
      'a busy server that says for how long',
      { status: 429, headers: { 'retry-after': '120' } },
      { outcome: 'unknown', reason: 'Throttled', retryAfterMs: 120_000 },
    ],
    ['a redirect without a target', { status: 302 }, { outcome: 'failed', reason: 'NotARegistry' }],
  ];
  it.each(table)('%s', async (_name, answer, expected) => {
    const server = await LoopbackServer.start((_request, response) => response.writeHead(answer.status, answer.headers).end(answer.body));
    try {
      expect(await checkLiveness(aTarget(server.origin))).toMatchObject(expected);
    } finally {
      await server.close();
    }
  });

  it('a redirect: names the origin it leads to, not its query, and is not followed', async () => {
    const other = await LoopbackServer.start((_request, response) => response.end());
    const server = await LoopbackServer.start((_request, response) =>
      response.writeHead(301, { location: `${other.origin}/v2/?sig=topsecret` }).end(),
    );
    try {
      const finding = await checkLiveness(aTarget(server.origin));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'NotARegistry' });
      expect(finding.message).toContain(`set spec.address to ${other.origin}`);
      expect(finding.message).not.toContain('topsecret');
      expect(other.requests).toEqual([]);
    } finally {
      await Promise.all([server.close(), other.close()]);
    }
  });
});

describe('what keeps us from it', () => {
  it('nothing listens', async () => {
    const server = await LoopbackServer.start((_request, response) => response.end());
    const { origin } = server;
    await server.close();
    expect(await checkLiveness(aTarget(origin))).toMatchObject({ outcome: 'failed', reason: 'ConnectionFailed' });
  });

  it('the name does not exist', async () => {
    const lookup = (): Promise<never> => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
    const egress = new EgressPolicy({ allowCIDRs: [], redirectCIDRs: [], refusedHosts: [], lookup });
    expect(await checkLiveness(aTarget('http://registry.invalid', { egress }))).toMatchObject({
      outcome: 'failed',
      reason: 'ConnectionFailed',
    });
  });

  it('it is silent', async () => {
    const server = await LoopbackServer.start(() => undefined);
    try {
      expect(await checkLiveness(aTarget(server.origin, { timeoutMs: 50 }))).toMatchObject({
        outcome: 'failed',
        reason: 'ConnectionFailed',
      });
    } finally {
      await server.close();
    }
  });

  it('C9: the address is forbidden, and nothing arrives there', async () => {
    const server = await LoopbackServer.start((_request, response) => response.end());
    const egress = new EgressPolicy({ allowCIDRs: [], redirectCIDRs: [], refusedHosts: [] });
    try {
      expect(await checkLiveness(aTarget(server.origin, { egress }))).toMatchObject({ outcome: 'failed', reason: 'AddressNotAllowed' });
      expect(server.requests).toEqual([]);
    } finally {
      await server.close();
    }
  });

  describe('its certificate', () => {
    let authority: TestCertificateAuthority;
    let registry: FixtureRegistry;

    beforeAll(async () => {
      authority = await TestCertificateAuthority.create();
      registry = await startFixtureRegistry({ tls: await authority.issue({ ips: ['127.0.0.1'] }) });
    });
    afterAll(() => registry.close());

    it('is of an unknown authority', async () => {
      const finding = await checkLiveness(aTarget(registry.origin));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'CertificateInvalid' });
      expect(finding.message).toContain('spec.caCertSecretRef');
      expect(registry.requests).toEqual([]);
    });

    it('is of an authority that the Connector names', async () => {
      expect(await checkLiveness(aTarget(registry.origin, { ca: [authority.caPem] }))).toEqual({ outcome: 'passed' });
    });
  });
});
