import { LookupError } from '@oci-connector/egress';
import { type ConnectorOptions, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type Fault, type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { errorOf, prefix, ProxyWorld } from './proxy-world';

/** The addresses of the host names of the tests. Other names that end with `.registry.test` have 127.0.0.1. */
const ADDRESSES: Readonly<Record<string, string>> = { 'metadata.registry.test': '169.254.169.254', 'vault.internal.test': '169.254.170.2' };

/** Texts that messages to clients must not contain. */
const HIDDEN = /internal\.test|169\.254|127\.0\.0\.1|::1|cert-of|:1\b|:9\b/;

interface Case {
  readonly name: string;
  /** Default: the registry's port. */
  readonly port?: number;
  readonly secure?: boolean;
  readonly options?: Partial<ConnectorOptions>;
  readonly faults?: readonly Fault[];
  readonly method?: string;
  readonly expected: RegExp;
  /** Text that the log contains. */
  readonly logged: RegExp;
}

const redirect = (location: string): Fault => ({ kind: 'respond', status: 307, headers: { location }, match: { path: /blobs/ } });
const realm = (url: string): Fault => ({
  kind: 'respond',
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="${url}",service="s"` },
  match: { path: '/v2/' },
});

const CASES: readonly Case[] = [
  {
    name: 'refused',
    port: 1,
    expected: /^The registry http:\/\/refused\.registry\.test:PORT cannot be reached: nothing listens there/,
    logged: /ECONNREFUSED/,
  },
  {
    name: 'reset',
    faults: [{ kind: 'reset', match: { path: /blobs/ } }],
    expected: /the registry http:\/\/reset\.registry\.test:PORT: the connection was closed/,
    logged: /ECONNRESET|other side closed/,
  },
  {
    name: 'unknown',
    expected: /^The registry http:\/\/unknown\.registry\.test:PORT cannot be reached: its host name could not be looked up: /,
    logged: /unknown\.registry\.test/,
  },
  {
    name: 'metadata',
    expected: /^The registry http:\/\/metadata\.registry\.test:PORT cannot be reached: it is a loopback, link-local, metadata/,
    logged: /169\.254\.169\.254/,
  },
  {
    name: 'certificate',
    secure: true,
    expected: /^The registry https:\/\/certificate\.registry\.test:PORT cannot be reached: its certificate is for another host name/,
    logged: /cert-of\.internal\.test/,
  },
  {
    name: 'redirect',
    faults: [redirect('http://vault.internal.test:9/x')],
    expected: /^the registry names a host that the proxy may not connect to: it is a loopback/,
    logged: /vault\.internal\.test/,
  },
  {
    name: 'redirect-refused',
    faults: [redirect('http://files.internal.test:1/x')],
    expected: /a host that the registry .* names: nothing listens there/,
    logged: /files\.internal\.test:1/,
  },
  {
    name: 'redirect-login',
    faults: [redirect('http://login.internal.test:PORT/v2/x'), { kind: 'respond', status: 401, match: { path: '/v2/x' } }],
    expected: /^the registry redirected to another host, which asks for a login/,
    logged: /login\.internal\.test/,
  },
  {
    name: 'realm-untrusted',
    faults: [realm('http://token.internal.test/token')],
    expected: /^the registry http:\/\/realm-untrusted\.registry\.test:PORT names a token server that is not trusted/,
    logged: /token\.internal\.test/,
  },
  {
    name: 'realm-unreachable',
    faults: [realm('http://tokens.registry.test:2/token')],
    options: { trustedRealms: ['http://tokens.registry.test:2'] },
    expected: /^The token server http:\/\/tokens\.registry\.test:2 cannot be reached: nothing listens there/,
    logged: /ECONNREFUSED/,
  },
  {
    name: 'no-registry',
    faults: [{ kind: 'respond', status: 302, headers: { location: 'http://portal.internal.test/login' }, match: { path: '/v2/' } }],
    expected: /does not answer as a registry/,
    logged: /portal\.internal\.test/,
  },
  {
    name: 'sealed-target',
    method: 'POST',
    faults: [{ kind: 'respond', status: 202, headers: { location: 'http://vault.internal.test:9/upload' }, match: { path: /uploads/ } }],
    expected: /^the registry names a host that the proxy may not connect to: it is a loopback/,
    logged: /vault\.internal\.test:9/,
  },
  {
    name: 'upload-without-tls',
    secure: true,
    method: 'POST',
    faults: [{ kind: 'respond', status: 202, headers: { location: 'http://upload.internal.test/upload' }, match: { path: /uploads/ } }],
    expected: /^the registry answered with an upload location that leads from https to a place without TLS/,
    logged: /upload\.internal\.test/,
  },
];

describe('messages to clients contain the address that the owner of a Connector wrote, and no other', () => {
  let world: ProxyWorld;
  let plain: FixtureRegistry;
  let secure: FixtureRegistry;
  let otherName: FixtureRegistry;

  beforeAll(async () => {
    const authority = await TestCertificateAuthority.create({ name: 'registries' });
    plain = await startFixtureRegistry();
    secure = await startFixtureRegistry({ tls: await authority.issue({ names: ['upload-without-tls.registry.test'] }) });
    otherName = await startFixtureRegistry({ tls: await authority.issue({ names: ['cert-of.internal.test'] }) });
    const lookup = (name: string): Promise<{ address: string }[]> =>
      name === 'unknown.registry.test'
        ? Promise.reject(new LookupError('unanswered', 'no name server answered within 5 s'))
        : Promise.resolve([{ address: ADDRESSES[name] ?? '127.0.0.1' }]);
    world = await ProxyWorld.start({ lookup });
    world.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'ca', namespace: 'platform' },
      data: { 'ca.crt': Buffer.from(authority.caPem).toString('base64') },
    });
  });

  afterAll(async () => {
    await world.close();
    await Promise.all([plain, secure, otherName].map((registry) => registry.close()));
  });

  /** Returns the registry of a case, and its address in the Connector. */
  function registryOf({ name, port, secure: https }: Case): { registry: FixtureRegistry; port: number; url: string } {
    const registry = !https ? plain : name === 'certificate' ? otherName : secure;
    const realPort = port ?? Number(new URL(registry.url).port);
    return { registry, port: realPort, url: `${https ? 'https' : 'http'}://${name}.registry.test:${realPort}` };
  }

  it.each(CASES)('$name', async (given) => {
    const { name, options, faults = [], method = 'GET', expected, logged } = given;
    const { registry, port, url } = registryOf(given);
    await world.connect({ url }, { name, ...options, spec: url.startsWith('https') ? { caCertSecretRef: { name: 'ca' } } : {} });
    const withPort = JSON.parse(JSON.stringify(faults).replaceAll(':PORT', `:${port}`)) as Fault[];
    withPort.forEach((fault, index) => registry.faults.add({ ...fault, match: faults[index]?.match, times: 100 }));
    const path = method === 'GET' ? `sha256:${'0'.repeat(64)}` : 'uploads/';
    const response = await world.send(`${prefix(name)}/a/blobs/${path}`, { method });
    registry.faults.clear();
    const { message } = errorOf(response);
    expect(response.status).toBeGreaterThanOrEqual(424);
    expect(message.replaceAll(`:${port}`, ':PORT')).toMatch(expected);
    expect(message.replaceAll(`${name}.registry.test:${port}`, '')).not.toMatch(HIDDEN);
    expect(world.log).toMatch(logged);
  });
});
