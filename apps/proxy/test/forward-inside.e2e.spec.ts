import { once } from 'node:events';
import { type Socket } from 'node:net';
import { RawUpstream, sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { openTunnel, ForwardWorld, PORTS, readAnswer, sendOn, startTls } from './forward-world';
import { basic, CONNECTORS } from './proxy-world';
import { ACCEPTED, AUTHORIZATION, KEY } from './web-socket-world';

const HOST = 'registry.example';
const OWN = `c-registry.${CONNECTORS}.svc.cluster.local`;

/** Requests inside of open tunnels: what they may be, and who may send them. */
describe('requests in a tunnel', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let authority: string;
  let service: RawUpstream;

  beforeAll(async () => {
    forward = await ForwardWorld.start();
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
    service = await RawUpstream.start();
    forward.names['service.example'] = ['127.0.0.1'];
    forward.world.applyClass('service', { protocol: 'http', livenessProbe: undefined, http: { upgrade: { verb: 'update' } } });
    await forward.connect(`http://service.example:${service.port}`, { name: 'service', className: 'service' });
  });

  beforeEach(() => {
    registry.clearRequests();
    service.clear();
    forward.lookups.length = 0;
  });

  afterEach(() => forward.closeSockets());

  afterAll(async () => {
    await forward.close();
    await service.close();
  });

  const user = (name: string): string => `${CONNECTORS}/${name}`;
  const statuses = (text: string): string[] =>
    text
      .split('HTTP/1.1 ')
      .slice(1)
      .map((answer) => answer.slice(0, 3));

  const metrics = async (): Promise<string> => (await sendRequest(`${forward.world.proxy.adminUrl}/metrics`)).body.toString();

  const SMUGGLED = `DELETE /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: `;

  describe.each(PORTS)('on the %s port', (port) => {
    it.each([
      ['CL and TE', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 400],
      ['two lengths', ['Content-Length: 0', 'Content-Length: 5'], '', 400],
      ['a bad chunk', ['Transfer-Encoding: chunked'], 'zz\r\n', 400],
      ['an unknown coding', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n', 501],
      ['a folded header', ['X-A: b', ' c'], '', 400],
      ['a bare line feed', ['X-A: b\nX-C: d'], '', 400],
      ['two Hosts', ['Host: other.example'], '', 400],
      ['a blank before the colon', ['X-A : b'], '', 400],
    ])('C8 request smuggling: %s is the last request of the tunnel', async (name, lines, body, status) => {
      const socket = await forward.tunnel(authority, { port, as: 'admin' });
      const head = [`POST /v2/team/app/blobs/uploads/ HTTP/1.1`, `Host: ${authority}`, ...lines];
      const text = await forward.exchange(socket, `${head.join('\r\n')}\r\n\r\n${body}${SMUGGLED}${authority}\r\n\r\n`);
      expect(statuses(text)).toEqual([String(status)]);
      expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
      await until(async () => (await metrics()).includes('connectors_proxy_transfers_in_flight 0'));
      // The head of a request with a bad chunk is valid: the proxy may have begun to log in, and even to send it.
      const sent = registry.requests.filter(({ path }) => path.startsWith('/v2/team/')).map(({ method }) => method);
      expect(sent.filter((method) => method !== 'POST' || name !== 'a bad chunk')).toEqual([]);
      expect(registry.requests.filter(({ method, aborted }) => method === 'POST' && !aborted)).toEqual([]);
    });

    it.each([
      ['another host', 'other.example'],
      ['another port', `${HOST}:1`],
      ['the default port', HOST],
      ["the proxy's own name", OWN],
    ])('with %s in the Host: 421, and the connection closes (C6)', async (_name, host) => {
      const text = await forward.exchange(
        await forward.tunnel(authority, { port }),
        `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
      );
      expect(statuses(text)[0]).toBe('421');
      expect(statuses(text)).toHaveLength(1);
      expect(registry.requests).toEqual([]);
    });

    it('an absolute URL of the same origin is served; of another it is 421', async () => {
      const socket = await forward.tunnel(authority, { port });
      expect((await sendOn(socket, { path: `https://${authority}/v2/`, headers: { host: authority } })).status).toBe(200);
      for (const url of [`http://${authority}/v2/`, 'https://other.example/v2/', `https://user@${authority}/v2/`, 'ftp://x/']) {
        const other = await forward.tunnel(authority, { port });
        const answer = await sendOn(other, { path: url, headers: { host: authority } });
        expect([url, answer.status, answer.headers.connection]).toEqual([url, 421, 'close']);
      }
    });

    it('CONNECT: 405, and nothing after it is served', async () => {
      const login = forward.login()['proxy-authorization'] ?? '';
      const text = await forward.exchange(
        await forward.tunnel(authority, { port }),
        `CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\nProxy-Authorization: ${login}\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
      );
      expect(statuses(text)).toEqual(['405']);
      expect([registry.requests, forward.lookups]).toEqual([[], []]);
    });

    it('C8: Upgrade: WebSocket gets 501 from an OCI registry, and h2c is ignored', async () => {
      const websocket = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' };
      const refused = await sendOn(await forward.tunnel(authority, { port }), {
        path: '/v2/team/app/tags/list',
        headers: { host: authority, ...websocket },
      });
      expect(refused.status).toBe(501);
      const ignored = await sendOn(await forward.tunnel(authority, { port }), {
        path: '/v2/team/app/tags/list',
        headers: { host: authority, connection: 'Upgrade', upgrade: 'h2c' },
      });
      expect(ignored.status).toBe(404);
      expect(registry.requests.filter(({ headers }) => headers.upgrade !== undefined)).toEqual([]);
    });

    it.each(['in a tunnel', 'for an absolute URL'])(
      'a WebSocket to an http service %s: 101, for clients with the permission alone',
      async (kind) => {
        const to = `service.example:${service.port}`;
        service.answer = ({ head }, socket) =>
          socket.write(/upgrade: websocket/i.test(head) ? `${ACCEPTED}\r\nhello` : 'HTTP/1.1 400 Bad\r\n\r\n');
        const request = (as: 'pusher' | 'puller'): string => {
          const login =
            kind === 'in a tunnel'
              ? ''
              : `Proxy-Authorization: ${forward.login({ as, user: user('service') })['proxy-authorization'] ?? ''}\r\n`;
          const target = kind === 'in a tunnel' ? '/live' : `http://${to}/live`;
          return `GET ${target} HTTP/1.1\r\nHost: ${to}\r\n${login}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
        };
        const open = (as: 'pusher' | 'puller'): Promise<Socket> =>
          kind === 'in a tunnel' ? forward.plainTunnel(to, { port, as, user: user('service') }) : forward.dial(port);
        const socket = await open('pusher');
        socket.write(request('pusher'));
        expect((await readAnswer(socket)).status).toBe(101);
        expect(((await once(socket, 'data')) as [Buffer])[0].toString()).toBe('hello');
        expect(service.requests.map(({ head }) => [/authorization: (.*)/i.exec(head)?.[1], /proxy-auth/i.test(head)])).toEqual([
          [AUTHORIZATION, false],
        ]);
        expect(statuses(await forward.exchange(await open('puller'), request('puller')))).toEqual(['403']);
        expect(service.requests).toHaveLength(1);
      },
    );

    it('the /v2/ of an http service is its own', async () => {
      const to = `service.example:${service.port}`;
      service.answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine');
      const inTunnel = await sendOn(await forward.plainTunnel(to, { port, user: user('service') }), {
        path: '/v2/',
        headers: { host: to },
      });
      const absolute = await forward.sendAbsolute(`http://${to}/v2/`, { port, user: user('service') });
      expect([inTunnel.body, absolute.body]).toEqual(['mine', 'mine']);
    });

    it("CONNECT to the proxy's own names: the reverse proxy with its own login; the tunnel's does not count; nothing is dialled", async () => {
      for (const [to, secure] of [
        [`${OWN}:443`, true],
        [`${OWN}:80`, false],
      ] as const) {
        const open = async (): Promise<Socket> => {
          const { status, socket } = await openTunnel(await forward.dial(port), to, forward.login());
          expect(status).toBe(200);
          return secure ? forward.track(await startTls(socket, { ca: forward.world.ca.certificate, servername: OWN })) : socket;
        };
        const inside = await open();
        const without = await sendOn(inside, { path: '/v2/', headers: { host: OWN, ...forward.login() } });
        expect([without.status, without.headers['www-authenticate'], without.headers['proxy-authenticate']]).toEqual([
          401,
          'Basic realm="connectors"',
          undefined,
        ]);
        const answer = await sendOn(inside, { path: '/v2/', headers: { host: OWN, authorization: basic(forward.world.token('puller')) } });
        expect(answer.status).toBe(200);
        const connect = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
        expect(statuses(await forward.exchange(await open(), connect))).toEqual(['405']);
      }
      expect((await openTunnel(await forward.dial(port), `${OWN}:443`, {})).status).toBe(200);
      expect((await openTunnel(await forward.dial(port), `c-registry.${CONNECTORS}:443`, {})).status).toBe(200);
      // Not a port of the proxy, so another host: a name of the cluster.
      expect((await openTunnel(await forward.dial(port), `${OWN}:22`, forward.login())).status).toBe(403);
      expect(forward.lookups).toEqual([]);
    });

    it("an absolute URL of the proxy's own names: the reverse proxy with its own login", async () => {
      const url = `http://${OWN}/v2/`;
      const without = await sendOn(await forward.dial(port), { path: url, headers: { host: OWN } });
      expect([without.status, without.headers['www-authenticate']]).toEqual([401, 'Basic realm="connectors"']);
      expect((await forward.sendAbsolute(url, { port })).status).toBe(401);
      expect((await forward.sendAbsolute(url, { port, headers: { authorization: basic(forward.world.token('puller')) } })).status).toBe(
        200,
      );
      expect(forward.lookups).toEqual([]);
    });

    it('a pull role cannot push: 403 DENIED, and nothing is sent on', async () => {
      for (const [method, path] of [
        ['POST', '/v2/team/app/blobs/uploads/'],
        ['PUT', '/v2/team/app/manifests/v1'],
        ['DELETE', '/v2/team/app/manifests/v1'],
      ] as const) {
        const answer = await sendOn(await forward.tunnel(authority, { port }), {
          method,
          path,
          headers: { host: authority, 'content-length': '0' },
        });
        expect([answer.status, answer.headers.connection, answer.body.includes('"DENIED"')]).toEqual([403, 'close', true]);
      }
      expect(registry.requests).toEqual([]);
    });
  });
});
