import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { JumpingClock, LoopbackServer, until } from '@oci-connector/testing-kit';
import { anImage, type FixtureRegistry, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const MANIFEST = `${prefix()}/team/app/manifests/v1`;

/** A limit that only the test clock reaches. */
const IDLE_MS = 60_000;

describe('a transfer without progress', () => {
  const clock = new JumpingClock();
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  const upstreams: LoopbackServer[] = [];
  const opened = (upstream: LoopbackServer): LoopbackServer => {
    upstreams.push(upstream);
    return upstream;
  };

  beforeAll(async () => {
    world = await ProxyWorld.start({ clock, settings: { idleTimeout: IDLE_MS } });
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT], tokens: { lifetimeSeconds: 360_000 } } });
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1', auth: ACCOUNT }, anImage());
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
    await world.send(MANIFEST);
  });

  beforeEach(() => {
    registry.clearRequests();
  });

  afterEach(async () => {
    registry.faults.clear();
    await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()));
    await until(() => registry.requests.every(({ finished }) => finished));
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  it('504 when the registry stays silent', async () => {
    const held = registry.faults.add({ kind: 'hold' });
    const sent = world.send(MANIFEST);
    await until(() => held.hits === 1);
    clock.jump(IDLE_MS);
    const response = await sent;
    expect(response.status).toBe(504);
    expect(errorOf(response)).toEqual({ code: 'UNKNOWN', message: 'the registry did not answer within the idle limit; try again' });
  });

  /** Starts a response whose first piece has reached the client; the test writes the next ones. */
  async function begun(
    name: string,
    length: number,
  ): Promise<{ answer: ServerResponse; response: IncomingMessage; received: () => string }> {
    let answer: ServerResponse | undefined;
    const upstream = opened(
      await LoopbackServer.start((request, response) => {
        if (request.url?.includes('manifests')) {
          answer = response.writeHead(200, { 'content-length': String(length) });
          response.write('x');
        } else {
          response.end();
        }
      }),
    );
    await world.connect({ url: upstream.origin }, { name });
    const headers = { authorization: basic(world.token('puller')) };
    const path = `${prefix(name)}/app/manifests/v1`;
    const asked = get({ host: '127.0.0.1', port: world.proxy.httpPort, path, headers, agent: false });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let received = '';
    response.setEncoding('utf8').on('data', (text) => (received += text));
    await until(() => received === 'x');
    if (!answer) {
      throw new Error('the registry was not asked');
    }
    return { answer, response, received: () => received };
  }

  it('cuts a response when no more bytes arrive', async () => {
    const { response } = await begun('halting', 2);
    const failed = once(response, 'error').catch(() => undefined);
    clock.jump(IDLE_MS);
    await failed;
    await until(() => world.accesses.at(-1)?.['outcome'] === 'upstream-silent');
    expect(response.complete).toBe(false);
  });

  it('waits for a slow registry as long as bytes arrive', async () => {
    const { answer, response, received } = await begun('slow', 6);
    for (let piece = 2; piece <= 6; piece += 1) {
      clock.jump(IDLE_MS / 2);
      answer.write('x');
      await until(() => received().length === piece);
    }
    await until(() => response.complete);
  });

  it('408 when the client stops in the middle of its body', async () => {
    let received = '';
    const upstream = opened(
      await LoopbackServer.start((request, response) => {
        request.setEncoding('utf8').on('data', (text) => (received += text));
        if (request.method !== 'PUT') {
          response.end();
        }
      }),
    );
    await world.connect({ url: upstream.origin }, { name: 'waiting' });
    const body = new Readable({ read: () => undefined });
    body.push('only this');
    const sent = world.send(`${prefix('waiting')}/app/manifests/v1`, { method: 'PUT', body });
    await until(() => received === 'only this');
    clock.jump(IDLE_MS);
    const response = await sent;
    expect(response.status).toBe(408);
    expect(errorOf(response).message).toBe('the client sent nothing within the idle limit; send the request again');
    expect(response.headers.connection).toBe('close');
  });
});
