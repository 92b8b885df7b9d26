import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, get as getByHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { get as getByHttps } from 'node:https';
import { setImmediate as turn } from 'node:timers/promises';
import { LoopbackServer } from '@oci-connector/testing-kit';
import { basic, prefix, ProxyWorld } from './proxy-world';

/** More than all buffers between registry and client can contain. */
const SIZE = 32 * 1024 * 1024;
const BODY = Buffer.alloc(SIZE, 'the quick brown fox ');

/** Framings of a body: its length, chunks, or the end of the connection. */
const FRAMINGS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  length: { 'content-length': String(SIZE) },
  'length-close': { 'content-length': String(SIZE), connection: 'close' },
  chunks: {},
  'chunks-close': { connection: 'close' },
};

describe('a body of 32 MiB', () => {
  let world: ProxyWorld;
  let upstream: LoopbackServer;

  beforeAll(async () => {
    world = await ProxyWorld.start();
    upstream = await LoopbackServer.start((request, response) => {
      const framing = /([a-z-]+)$/.exec(request.url ?? '')?.[1] ?? '';
      response.writeHead(200, FRAMINGS[framing]);
      void send(response);
    });
    await world.connect({ url: upstream.origin });
  });

  afterAll(async () => {
    await world.close();
    await upstream.close();
  });

  /** Writes the body in pieces whose size divides no size of a buffer. */
  async function send(response: ServerResponse): Promise<void> {
    for (let at = 0; at < SIZE; at += 99_991) {
      if (!response.write(BODY.subarray(at, at + 99_991))) {
        await once(response, 'drain');
      }
    }
    response.end();
  }

  function request(scheme: 'http' | 'https', framing: string): ClientRequest {
    const { httpPort, httpsPort } = world.proxy;
    const headers = { authorization: basic(world.token('puller')) };
    const options = { host: '127.0.0.1', path: `${prefix()}/app/manifests/${framing}`, headers, agent: false };
    return scheme === 'http'
      ? getByHttp({ ...options, port: httpPort })
      : getByHttps({ ...options, port: httpsPort, servername: 'c-registry.platform.svc', ca: world.ca.certificate });
  }

  const cases = (['http', 'https'] as const).flatMap((scheme) =>
    Object.keys(FRAMINGS).flatMap((framing) => (['quickly', 'slowly'] as const).map((speed) => ({ scheme, framing, speed }))),
  );

  it.each(cases)('framed by $framing arrives completely over $scheme at a client that reads $speed', async ({ scheme, framing, speed }) => {
    const [response] = (await once(request(scheme, framing), 'response')) as [IncomingMessage];
    const hash = createHash('sha256');
    let pieces = 0;
    for await (const piece of response) {
      hash.update(piece as Buffer);
      pieces += 1;
      if (speed === 'slowly' && pieces % 16 === 0) {
        for (let turns = 0; turns < 50; turns += 1) {
          await turn();
        }
      }
    }
    expect(response.complete).toBe(true);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(BODY).digest('hex'));
  });
});
