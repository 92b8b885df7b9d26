import { once } from 'node:events';
import { type Socket } from 'node:net';
import { TcpServer, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, openTunnel, PORTS, sendOn } from './forward-world';

const HOST = 'registry.example';
const OTHER = 'other.example';
/** Not the address of the API server, which is always refused. */
const OTHER_ADDRESS = '127.0.0.2';
const MAX_TUNNELS = 4;

/** How tunnels end at limits, and when the proxy stops. */
describe('tunnels end', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let other: TcpServer;
  let authority: string;
  let elsewhere: string;

  async function start(settings: Parameters<typeof ForwardWorld.start>[0] = {}): Promise<void> {
    other = await TcpServer.start((socket) => socket.on('data', (chunk: Buffer) => socket.write(chunk)), { address: OTHER_ADDRESS });
    forward = await ForwardWorld.start({
      maxTunnelsPerClient: MAX_TUNNELS,
      otherHostsAllowCidrs: [OTHER_ADDRESS],
      otherHostsPorts: [String(other.port)],
      ...settings,
    });
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    elsewhere = `${OTHER}:${other.port}`;
    forward.names[OTHER] = [OTHER_ADDRESS];
    await forward.connect(`https://${authority}`);
  }

  afterEach(async () => {
    await forward.close();
    await other.close();
  });

  const openConnections = (): Promise<number> => forward.metric('connectors_proxy_client_connections{');

  /** Opens as many tunnels as the limit allows, which shows that none of the earlier ones is still counted. */
  async function noneIsCounted(): Promise<void> {
    for (let count = 0; count < MAX_TUNNELS; count += 1) {
      await until(async () => (await forward.askTunnel(authority)).status === 200);
    }
    forward.closeSockets();
    await until(async () => (await openConnections()) === 0);
  }

  it('a client has at most so many tunnels: 429 with Retry-After, and others are served', async () => {
    await start();
    const opened: Socket[] = [];
    for (let count = 0; count < MAX_TUNNELS; count += 1) {
      opened.push(await forward.plainTunnel(authority));
    }
    const refused = await forward.askTunnel(authority);
    expect({ status: refused.status, retry: refused.headers['retry-after'], body: refused.body }).toEqual({
      status: 429,
      retry: '1',
      body: expect.stringContaining(`already has ${MAX_TUNNELS} tunnels`) as string,
    });
    const socket = await forward.tunnel(authority, { as: 'pusher' });
    expect((await sendOn(socket, { path: '/v2/', headers: { host: authority } })).status).toBe(200);
    opened[0]?.destroy();
    await until(async () => (await openTunnel(refused.socket, authority, forward.login())).status === 200);
  });

  it('a tunnel that is refused does not count, however often it is asked for on a connection', async () => {
    await start();
    const socket = await forward.dial();
    for (let count = 0; count < 3 * MAX_TUNNELS; count += 1) {
      expect((await openTunnel(socket, '10.0.0.1:443', forward.login())).status).toBe(403);
    }
    await noneIsCounted();
  });

  it('when the proxy stops: idle ones at once, one with a request after its response', async () => {
    await start({ grace: 60_000 });
    const idle = await forward.tunnel(authority);
    const busy = await forward.tunnel(authority);
    await sendOn(busy, { path: '/v2/', headers: { host: authority } });
    const hold = registry.faults.add({ kind: 'hold', match: { path: /tags/ } });
    const answered = sendOn(busy, { path: '/v2/team/app/tags/list', headers: { host: authority } });
    await until(() => hold.hits === 1);
    const stopped = forward.world.proxy.stop();
    await once(idle.resume(), 'close');
    hold.release();
    expect((await answered).status).toBe(404);
    await stopped;
    forward.world.proxies.length = 0;
  });

  it('when the proxy stops: those to other hosts continue during the grace, and are cut at its end', async () => {
    await start({ grace: 1_500 });
    const socket = await forward.plainTunnel(elsewhere);
    const stopped = forward.world.proxy.stop();
    await until(() =>
      forward
        .dial()
        .then((late) => late.destroy() && false)
        .catch(() => true),
    );
    socket.write('still there');
    expect(((await once(socket, 'data')) as [Buffer])[0].toString()).toBe('still there');
    await once(socket, 'close');
    await stopped;
    forward.world.proxies.length = 0;
    await until(() => other.open.size === 0);
  });

  it('when the proxy stops: in the middle of a handshake', async () => {
    await start({ grace: 0 });
    for (const port of PORTS) {
      const socket = await forward.plainTunnel(authority, { port });
      socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    }
    await forward.world.proxy.stop();
    forward.world.proxies.length = 0;
  });
});
