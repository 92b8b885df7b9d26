import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { LoopbackServer, TcpServer, until } from '@oci-connector/testing-kit';
import { aBlob, type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, openTunnel, PORTS, type PortName, sendOn } from './forward-world';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';
const PLAIN = 'plain.example';
const OTHER = 'other.example';
/** Not the address of the API server, which is always refused. */
const OTHER_ADDRESS = '127.0.0.2';
const OWN = `c-registry.${CONNECTORS}.svc`;
const MAX_TUNNELS = 4;
/** The blob is longer than all buffers between the registry and the client. */
const BLOB_BYTES = 32 * 1024 * 1024;

/** How a client leaves. */
const LEAVING: Readonly<Record<string, (socket: Socket) => unknown>> = {
  closes: (socket) => socket.destroy(),
  resets: (socket) => socket.resetAndDestroy(),
  // For a proxy, this is no different from a client that waits for an answer; it gets none.
  'ends its side': (socket) => socket.end(),
};

/** A client leaves in every phase. No time limit passes during these tests. */
describe.each(PORTS)('a client of the forward proxy that leaves (%s port)', (port: PortName) => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let plain: FixtureRegistry;
  let other: TcpServer;
  let web: LoopbackServer;
  /** The open connections to {@link web}, which does not answer. */
  let asking: Set<Socket>;
  let mute: TcpServer;
  let relay: Server;
  let authority: string;
  let elsewhere: string;
  let blob: string;
  /** The connections to the proxy, without the TLS of the client. */
  let towardsProxy: Socket[];
  /** Held lookups. */
  let release: (() => void)[];

  beforeAll(async () => {
    const echo = (socket: Socket): unknown => socket.on('data', (chunk: Buffer) => socket.write(chunk));
    other = await TcpServer.start(echo, { address: OTHER_ADDRESS });
    asking = new Set();
    web = await LoopbackServer.start(
      ({ socket }) => {
        asking.add(socket);
        socket.once('close', () => asking.delete(socket));
      },
      { address: OTHER_ADDRESS },
    );
    mute = await TcpServer.start((socket) => socket.resume());
    const limits = { unauthenticatedIdle: 600_000, headersTimeout: 600_000, idleTimeout: 600_000 };
    forward = await ForwardWorld.start({
      ...limits,
      maxTunnelsPerClient: MAX_TUNNELS,
      otherHostsAllowCidrs: [OTHER_ADDRESS],
      otherHostsPorts: [String(other.port), String(web.port)],
    });
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
    plain = await forward.addRegistry(PLAIN, { tls: false });
    await forward.connect(`http://${PLAIN}:${plain.port}`, { name: 'plain' });
    forward.names[OTHER] = [OTHER_ADDRESS];
    elsewhere = `${OTHER}:${other.port}`;
    blob = await uploadBlob();
    const { httpPort, httpsPort } = forward.world.proxy;
    relay = createServer({ allowHalfOpen: true }, (socket) => {
      const onward = connect({ port: port === 'http' ? httpPort : httpsPort, host: '127.0.0.1', allowHalfOpen: true });
      towardsProxy.push(onward.on('error', () => socket.destroy()));
      socket.on('error', () => onward.destroy());
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
  });

  beforeEach(() => {
    towardsProxy = [];
    release = [];
    forward.beforeAnswer = () => undefined;
    forward.relays[port] = (relay.address() as { port: number }).port;
    registry.clearRequests();
    plain.clearRequests();
    web.requests.length = 0;
  });

  afterEach(async () => {
    release.splice(0).forEach((go) => go());
    forward.world.kube.faults.resume();
    registry.faults.clear();
    plain.faults.clear();
    forward.relays[port] = undefined;
    await noneIsCounted();
  });

  afterAll(async () => {
    await forward.close();
    await Promise.all([other.close(), web.close(), mute.close()]);
    relay.close();
  });

  async function uploadBlob(): Promise<string> {
    const content = randomBytes(BLOB_BYTES);
    const { digest } = aBlob(content);
    const socket = await forward.tunnel(authority, { as: 'pusher' });
    const headers = { host: authority, 'content-length': '0' };
    const { headers: begun } = await sendOn(socket, { method: 'POST', path: '/v2/team/app/blobs/uploads/', headers });
    const ended = await sendOn(socket, {
      method: 'PUT',
      path: `${begun.location ?? ''}${begun.location?.includes('?') ? '&' : '?'}digest=${digest}`,
      body: content,
      headers: { host: authority, 'content-length': String(content.length), 'content-type': 'application/octet-stream' },
    });
    expect(ended.status).toBe(201);
    forward.closeSockets();
    return digest;
  }

  const openConnections = (): Promise<number> => forward.metric('connectors_proxy_client_connections{');
  const inFlight = (): Promise<number> => forward.metric('connectors_proxy_transfers_in_flight');

  /** Opens as many tunnels as the limit allows, which shows that none of the earlier ones is still counted. */
  async function noneIsCounted(): Promise<void> {
    forward.closeSockets();
    await until(async () => (await openConnections()) === 0 && (await inFlight()) === 0);
    for (let count = 0; count < MAX_TUNNELS; count += 1) {
      expect((await forward.askTunnel(authority)).status).toBe(200);
    }
    expect((await forward.askTunnel(authority)).status).toBe(429);
    forward.closeSockets();
    await until(async () => (await openConnections()) === 0);
  }

  const loginLine = (options: Parameters<typeof forward.login>[0] = {}): string =>
    `Proxy-Authorization: ${forward.login(options)['proxy-authorization'] ?? ''}\r\n`;
  const connectTo = (to: string, options: Parameters<typeof forward.login>[0] = {}): string =>
    `CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${loginLine(options)}\r\n`;
  const list = (host: string): string => `GET /v2/team/app/tags/list HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const tunnel = (): Promise<Socket> => forward.tunnel(authority, { port, as: 'pusher' });
  const plainAuthority = (): string => `${PLAIN}:${plain.port}`;
  const ended = (): Promise<void> => until(() => [...registry.requests, ...plain.requests].every(({ finished }) => finished));

  /** Brings a client into a phase. The result checks, after the client has left, that nothing of its request is left. */
  type Phase = () => Promise<(() => unknown) | void>;

  const phases: Readonly<Record<string, Phase>> = {
    'before it sends anything': async () => {
      await forward.dial(port);
    },
    'in the middle of its CONNECT': async () => {
      (await forward.dial(port)).write(connectTo(authority).slice(0, 60));
    },
    'while its token is reviewed': async () => {
      forward.world.kube.faults.pause({ resource: 'tokenreviews' });
      for (let count = 0; count < MAX_TUNNELS + 1; count += 1) {
        (await forward.dial(port)).write(connectTo(authority));
      }
      await until(async () => (await inFlight()) === MAX_TUNNELS + 1);
    },
    'while its permission is reviewed': async () => {
      forward.world.kube.faults.pause({ resource: 'subjectaccessreviews' });
      const user = `${CONNECTORS}/new-${randomBytes(4).toString('hex')}`;
      for (let count = 0; count < MAX_TUNNELS + 1; count += 1) {
        (await forward.dial(port)).write(connectTo(authority, { user }));
      }
      await until(async () => (await inFlight()) === MAX_TUNNELS + 1);
    },
    'while a name is looked up': async () => {
      forward.beforeAnswer = () => new Promise((resolve) => release.push(resolve));
      const before = other.connections;
      (await forward.dial(port)).write(connectTo(elsewhere));
      await until(() => release.length > 0);
      return () => {
        release.splice(0).forEach((go) => go());
        return until(() => other.connections === before);
      };
    },
    'after the answer to CONNECT': async () => {
      await forward.plainTunnel(authority, { port });
    },
    'in the handshake in its tunnel': async () => {
      const socket = await forward.plainTunnel(authority, { port });
      socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    },
    'before its first request': async () => {
      await tunnel();
    },
    'between two requests': async () => {
      await sendOn(await tunnel(), { path: '/v2/team/app/tags/list', headers: { host: authority } });
    },
    'in the middle of the headers of a request': async () => {
      (await tunnel()).write(list(authority).slice(0, 40));
      return () => expect(registry.requests).toEqual([]);
    },
    // The connection to the registry ends at its own time limit: until then, another request may wait for it.
    'while the proxy begins TLS with the registry': async () => {
      const name = `mute-${randomBytes(4).toString('hex')}`;
      forward.names[`${name}.example`] = ['127.0.0.1'];
      const to = `${name}.example:${mute.port}`;
      await forward.connect(`https://${to}`, { name });
      const before = mute.connections;
      const socket = await forward.tunnel(to, { port, user: `${CONNECTORS}/${name}` });
      socket.write(list(to));
      await until(() => mute.connections > before);
    },
    'in the middle of an upload': async () => {
      const socket = await tunnel();
      const headers = { host: authority, 'content-length': '0' };
      const begun = await sendOn(socket, { method: 'POST', path: '/v2/team/app/blobs/uploads/', headers });
      socket.write(`PATCH ${begun.headers.location ?? ''} HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: 1000\r\n\r\nonly this`);
      await until(() => registry.requests.some(({ method }) => method === 'PATCH'));
      return ended;
    },
    'while it waits for an answer': async () => {
      const hold = registry.faults.add({ kind: 'hold', match: { path: /tags/ } });
      (await tunnel()).write(list(authority));
      await until(() => hold.hits === 1);
      return ended;
    },
    'in the middle of an answer': async () => {
      const socket = await tunnel();
      socket.pause().write(`GET /v2/team/app/blobs/${blob} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      await once(socket, 'readable');
      await until(() => registry.requests.some(({ path }) => path.includes(blob)));
      return ended;
    },
    'while it waits for an answer in a tunnel to an http host': async () => {
      const hold = plain.faults.add({ kind: 'hold', match: { path: /tags/ } });
      const socket = await forward.plainTunnel(plainAuthority(), { port, user: `${CONNECTORS}/plain` });
      socket.write(list(plainAuthority()));
      await until(() => hold.hits === 1);
      return ended;
    },
    'while it waits for an answer to an absolute URL': async () => {
      const hold = plain.faults.add({ kind: 'hold', match: { path: /tags/ } });
      const url = `http://${plainAuthority()}/v2/team/app/tags/list`;
      const login = loginLine({ user: `${CONNECTORS}/plain` });
      (await forward.dial(port)).write(`GET ${url} HTTP/1.1\r\nHost: ${plainAuthority()}\r\n${login}\r\n`);
      await until(() => hold.hits === 1);
      return ended;
    },
    'while it waits for the answer of another host': async () => {
      const to = `${OTHER}:${web.port}`;
      (await forward.dial(port)).write(`GET http://${to}/ HTTP/1.1\r\nHost: ${to}\r\n${loginLine()}\r\n`);
      await until(() => web.requests.length === 1);
      return () => until(() => asking.size === 0);
    },
    'in a tunnel to another host': async () => {
      const socket = await forward.plainTunnel(elsewhere, { port });
      socket.write('hello');
      await once(socket, 'data');
      expect(other.open.size).toBe(1);
      return () => until(() => other.open.size === 0);
    },
    "in a tunnel to the proxy's own name": async () => {
      const { status, socket } = await openTunnel(await forward.dial(port), `${OWN}:80`, {});
      expect(status).toBe(200);
      socket.write('GET /v2/ HTTP/1.1\r\n');
    },
  };

  const cases = Object.keys(phases).flatMap((phase) => Object.keys(LEAVING).map((leaving) => [leaving, phase] as const));

  it.each(cases)('%s %s: its connections, requests and places are free at once', async (leaving, phase) => {
    const check = await phases[phase]?.();
    await until(async () => (await openConnections()) === towardsProxy.length);
    expect(towardsProxy.length).toBeGreaterThan(0);
    towardsProxy.forEach((socket) => LEAVING[leaving]?.(socket));
    await until(async () => (await openConnections()) === 0);
    await check?.();
  });
});
