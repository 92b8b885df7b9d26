import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { JumpingClock, until } from '@oci-connector/testing-kit';
import { ForwardWorld, PORTS, readAnswer } from './forward-world';

/** Not the address of the API server, which is always refused. */
const OTHER = '127.0.0.2';
const HOST = 'files.example';

/** A limit that only the test's clock reaches. */
const IDLE_MS = 60_000;

describe('a relayed request', () => {
  const clock = new JumpingClock();
  let forward: ForwardWorld;
  let host: Server;
  let target: string;
  /** What arrived at the host. */
  let connections: number;
  let requests: { readonly headers: IncomingHttpHeaders; body: string }[];

  beforeAll(async () => {
    host = createServer((incoming, response) => {
      const request = { headers: incoming.headers, body: '' };
      requests.push(request);
      incoming.setEncoding('latin1').on('data', (text: string) => (request.body += text));
      incoming.on('end', () => {
        if (incoming.url !== '/silent') {
          response.end('hello');
        }
      });
    }).listen(0, OTHER);
    host.on('connection', () => (connections += 1));
    await once(host, 'listening');
    const { port } = host.address() as AddressInfo;
    target = `${HOST}:${port}`;
    forward = await ForwardWorld.start({ otherHostsAllowCidrs: [OTHER], otherHostsPorts: [String(port)], idleTimeout: IDLE_MS }, clock);
    forward.names[HOST] = [OTHER];
    // A Connector that the clients name; the host here is not its.
    await forward.connect('https://registry.example');
  });

  beforeEach(() => {
    requests = [];
    connections = 0;
  });

  afterEach(() => forward.closeSockets());

  afterAll(async () => {
    await forward.close();
    host.closeAllConnections();
    host.close();
  });

  describe.each(PORTS)('on the %s port', (port) => {
    it.each(['h2c', 'H2C, h2c', 'websocket', 'h2c, websocket'])('with Upgrade: %s is never sent on as an upgrade', async (upgrade) => {
      const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade, 'http2-settings': 'AAMAAABkAAQAAP__' };
      const answer = await forward.sendAbsolute(`http://${target}/`, { port, headers });
      expect(answer.status).toBe(upgrade.includes('websocket') ? 501 : 200);
      expect(requests.filter((sent) => sent.headers.upgrade ?? sent.headers['http2-settings'])).toEqual([]);
    });

    it('that has passed through this proxy: 508', async () => {
      const answer = await forward.sendAbsolute(`http://${target}/`, { port, headers: { via: '1.1 connectors-proxy' } });
      expect(answer.status).toBe(508);
      expect(requests).toEqual([]);
    });

    it('whose client stops in the middle of its body: 408, and no other connection is opened', async () => {
      const socket = await forward.dial(port);
      const login = forward.login()['proxy-authorization'];
      socket.write(`PUT http://${target}/ HTTP/1.1\r\nHost: ${target}\r\nProxy-Authorization: ${login}\r\nContent-Length: 9\r\n\r\nhalf`);
      await until(() => requests[0]?.body === 'half');
      clock.jump(IDLE_MS);
      const answer = await readAnswer(socket);
      expect([answer.status, answer.body]).toEqual([408, 'the client sent nothing within the idle limit; send the request again\n']);
      expect((await forward.sendAbsolute(`http://${target}/`, { port })).status).toBe(200);
      expect(connections).toBe(2);
    });

    it('whose host does not answer: 504', async () => {
      const sent = forward.sendAbsolute(`http://${target}/silent`, { port });
      await until(() => requests.length === 1);
      clock.jump(IDLE_MS);
      expect((await sent).status).toBe(504);
    });
  });
});
