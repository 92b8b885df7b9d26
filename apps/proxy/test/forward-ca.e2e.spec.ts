import { randomBytes, X509Certificate } from 'node:crypto';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { JumpingClock, sendRequest, until } from '@oci-connector/testing-kit';
import { aBlob, type FixtureRegistry } from '@oci-connector/testing-registry';
import { dial } from './forward-client';
import { ForwardWorld, openTunnel, sendOn, startTls } from './forward-world';
import { createSigningAuthority, type SigningAuthorityPem } from './signing-authority';

const HOST = 'registry.example';
const SECRET = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'connectors-proxy-ca', namespace: 'connectors-system' } };

/** The time between two reads of the Secret, in milliseconds. */
const READ_MS = 60_000;

/** Lifetime of a CA that expires, in milliseconds: certificates are back-dated by more, so that a client with the real time accepts them. */
const SHORT_MS = 240_000;

/** The CA in the Secret changes while clients push. */
describe('the CA of the proxy', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let clock: JumpingClock;
  let authority: string;
  let first: SigningAuthorityPem;
  let count = 0;

  beforeEach(async () => {
    clock = new JumpingClock();
    forward = await ForwardWorld.start({}, clock);
    first = forward.world.ca;
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
  });

  afterEach(() => forward.close());

  const newCa = (): Promise<SigningAuthorityPem> => createSigningAuthority({ name: `authority ${(count += 1)}` });

  const encoded = (data: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

  function store({ certificate, key }: SigningAuthorityPem): void {
    forward.world.apply({ ...SECRET, data: encoded({ 'tls.crt': certificate, 'tls.key': key }) });
  }

  /** Opens a tunnel with TLS in it, for a client that trusts these CAs. */
  async function tunnel(trusted: readonly SigningAuthorityPem[], replica = 0): Promise<TLSSocket> {
    const socket = forward.track(await dial(forward.world.proxies[replica]?.httpPort ?? 0));
    await openTunnel(socket, authority, forward.login({ as: 'pusher' }));
    return forward.track(await startTls(socket, { ca: trusted.map(({ certificate }) => certificate), servername: HOST }));
  }

  const issuerOf = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.issuer;
  const subjectOf = ({ certificate }: SigningAuthorityPem): string => new X509Certificate(certificate).subject;

  /** Resolves when the replica signs with the CA. */
  const untilSignedBy = (ca: SigningAuthorityPem, all: readonly SigningAuthorityPem[], replica = 0): Promise<void> =>
    until(async () => issuerOf(await tunnel(all, replica)) === subjectOf(ca));

  const ask = (socket: TLSSocket, method: string, path: string, body?: Buffer): ReturnType<typeof sendOn> =>
    sendOn(socket, { method, path, body, headers: { host: authority, 'content-length': String(body?.length ?? 0) } });

  const begin = async (socket: TLSSocket): Promise<string> =>
    (await ask(socket, 'POST', '/v2/team/app/blobs/uploads/')).headers.location ?? '';

  async function finish(socket: TLSSocket, location: string): Promise<number> {
    const content = randomBytes(1_000);
    return (await ask(socket, 'PUT', `${location}${location.includes('?') ? '&' : '?'}digest=${aBlob(content).digest}`, content)).status;
  }

  const push = async (socket: TLSSocket): Promise<number> => finish(socket, await begin(socket));

  it('is rotated: open tunnels and begun handshakes end well, and other tunnels have a certificate of the next CA', async () => {
    const next = await newCa();
    const bundle = [first, next];
    const open = await tunnel(bundle);
    const upload = await begin(open);
    const begun = await forward.plainTunnel(authority, { as: 'pusher' });
    store(next);
    clock.expire(READ_MS);
    await untilSignedBy(next, bundle);

    expect(await finish(open, upload)).toBe(201);
    const late = forward.track(await startTls(begun, { ca: bundle.map(({ certificate }) => certificate), servername: HOST }));
    expect(issuerOf(late)).toBe(subjectOf(first));
    expect(await push(late)).toBe(201);
    // The bundle of the last phase.
    expect(await push(await tunnel([next]))).toBe(201);
    await expect(tunnel([first])).rejects.toThrow();
  });

  it.each([
    ['for a host name', { servername: 'connectors-proxy-service.connectors-system.svc' }],
    ['without a host name', {}],
  ])('is rotated: so are the certificates of the https port, %s', async (_what, name) => {
    const issuer = async (): Promise<string | undefined> => {
      const socket = forward.track(connectTls({ port: forward.world.proxy.httpsPort, rejectUnauthorized: false, ...name }));
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      return issuerOf(socket);
    };
    const next = await newCa();
    await until(async () => (await issuer()) === subjectOf(first));
    store(next);
    clock.expire(READ_MS);
    await until(async () => (await issuer()) === subjectOf(next));
  });

  it('is of two versions: a client with the published bundle pushes through both replicas', async () => {
    const next = await newCa();
    const bundle = [first, next];
    await forward.world.addProxy();
    // One of the replicas cannot read the Secret.
    forward.world.kube.faults.failNext(1, { status: 500, match: { verb: 'get', resource: 'secrets', name: SECRET.metadata.name } });
    store(next);
    clock.expire(READ_MS);
    const issuers = async (): Promise<(string | undefined)[]> =>
      Promise.all([0, 1].map(async (replica) => issuerOf(await tunnel(bundle, replica))));
    await until(async () => (await issuers()).includes(subjectOf(next)));
    await until(() => forward.world.log.includes('the CA could not be read'));
    expect((await issuers()).sort()).toEqual([first, next].map(subjectOf).sort());
    for (const replica of [0, 1]) {
      expect(await push(await tunnel(bundle, replica))).toBe(201);
    }
    clock.expire(READ_MS);
    await Promise.all([0, 1].map((replica) => untilSignedBy(next, bundle, replica)));
  });

  it.each<[string, () => Promise<void>]>([
    [
      'is deleted',
      async () => {
        const { name, namespace } = SECRET.metadata;
        forward.world.kube.delete({ apiVersion: 'v1', kind: 'Secret', name, namespace });
      },
    ],
    ['contains garbage', async () => forward.world.apply({ ...SECRET, data: encoded({ 'tls.crt': 'no', 'tls.key': 'no' }) })],
    ['contains the key of another CA', async () => store({ ...(await newCa()), key: (await newCa()).key })],
    [
      'contains a certificate that is no CA',
      async () => {
        const { cert, key } = await forward.registryCa.issue({ names: [HOST] });
        store({ certificate: cert, key });
      },
    ],
  ])('signs on while its Secret %s; the log says so, and the next CA is used', async (_what, damage) => {
    await damage();
    clock.expire(READ_MS);
    await until(() => forward.world.log.includes('the CA could not be read'));
    expect(await push(await tunnel([first]))).toBe(201);
    const next = await newCa();
    store(next);
    clock.expire(READ_MS);
    await untilSignedBy(next, [first, next]);
    expect(await push(await tunnel([next]))).toBe(201);
  });

  it('has expired: CONNECT is answered 503 until there is another one; a metric says when it expires', async () => {
    const notAfter = new Date(Math.floor(clock.now() / 1_000) * 1_000 + SHORT_MS);
    const short = await createSigningAuthority({ name: 'short', notAfter });
    store(short);
    clock.expire(READ_MS);
    await untilSignedBy(short, [first, short]);
    const metrics = (await sendRequest(`${forward.world.proxy.adminUrl}/metrics`)).body.toString();
    expect(metrics).toContain(`connectors_proxy_ca_expiry_timestamp_seconds ${notAfter.getTime() / 1_000}\n`);
    const lifetime = (notAfter.getTime() - Date.parse(new X509Certificate(short.certificate).validFrom)) / 1_000;
    expect(metrics).toContain(`connectors_proxy_ca_lifetime_seconds ${lifetime}\n`);
    clock.jump(SHORT_MS);
    const refused = await forward.askTunnel(authority, { as: 'pusher' });
    expect([refused.status, refused.reason]).toEqual([
      503,
      'Service Unavailable: the CA of the proxy is missing or has expired; try again',
    ]);
    const next = await newCa();
    store(next);
    clock.expire(READ_MS);
    await until(async () => (await forward.askTunnel(authority, { as: 'pusher' })).status === 200);
    expect(await push(await tunnel([next]))).toBe(201);
  });
});
