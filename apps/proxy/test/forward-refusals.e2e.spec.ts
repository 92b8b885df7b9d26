import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { type Login, openTunnel, readAnswer, sendOn, ForwardWorld, PORTS, type PortName } from './forward-world';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';

/** What the forward proxy refuses, with the exact answer; and that nothing goes to a registry or to DNS. */
describe('the forward proxy refuses', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let authority: string;

  beforeAll(async () => {
    forward = await ForwardWorld.start();
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
    await forward.connect(`https://${authority}/team`, { name: 'second' });
    forward.world.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'pull-second' },
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], resourceNames: ['second'], verbs: ['get'] }],
    });
    forward.world.bind('stranger', 'pull-second');
  });

  beforeEach(() => {
    registry.clearRequests();
    forward.lookups.length = 0;
  });

  afterEach(() => {
    forward.closeSockets();
    expect(registry.requests).toEqual([]);
    expect(forward.lookups).toEqual([]);
  });

  afterAll(() => forward.close());

  /** Sends CONNECT as raw lines, and reads the answer. */
  async function connectRaw(port: PortName, lines: readonly string[], text = ''): ReturnType<typeof readAnswer> {
    const socket = await forward.dial(port);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${text}`, 'latin1');
    return readAnswer(socket);
  }

  const connectLines = (target: string, login: Login = {}): string[] => [
    `CONNECT ${target} HTTP/1.1`,
    'host: x',
    `proxy-authorization: ${forward.login(login)['proxy-authorization'] ?? ''}`,
  ];

  const expired = (): string => {
    const [head = '', body = '', signature = ''] = forward.world.token('puller').split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    return [head, Buffer.from(JSON.stringify({ ...claims, exp: 1_000_000_000 })).toString('base64url'), signature].join('.');
  };

  describe.each(PORTS)('on the %s port', (port) => {
    it.each<[string, () => Record<string, string>, string]>([
      ['no login', () => ({}), 'authentication required'],
      ['an empty login', () => ({ 'proxy-authorization': '' }), 'malformed'],
      ['Basic without user and password', () => ({ 'proxy-authorization': 'Basic Og==' }), 'no password'],
      ['Bearer', () => ({ 'proxy-authorization': `Bearer ${forward.world.token('puller')}` }), 'malformed'],
      ['a user that names no Connector', () => forward.login({ user: 'any' }), 'NAMESPACE/NAME'],
      ['a user with a wrong escape', () => forward.login({ user: 'a%zz/b' }), 'NAMESPACE/NAME'],
      ['a user with three parts', () => forward.login({ user: 'a/b/c' }), 'NAMESPACE/NAME'],
      ['a user with an empty name', () => forward.login({ user: `${CONNECTORS}/registry,` }), 'NAMESPACE/NAME'],
      ['a token that is no JWT', () => forward.login({ token: 'secret-that-is-no-token' }), 'token'],
      ['a token with a wrong signature', () => forward.login({ token: `${forward.world.token('puller').slice(0, -8)}AAAAAAAA` }), 'token'],
      [
        'a token for another audience',
        () => forward.login({ token: forward.world.token('puller', { audiences: ['other'] }) }),
        'connectors-proxy',
      ],
      ['a token that has expired', () => forward.login({ token: expired() }), 'expired'],
      [
        'the login of the reverse proxy',
        () => ({ authorization: forward.login()['proxy-authorization'] ?? '' }),
        'authentication required',
      ],
    ])('%s: 407 with one challenge for a CONNECT and for an absolute URL (C11)', async (_name, headers, message) => {
      const challenge = 'Basic realm="connectors"';
      const tunnel = await openTunnel(await forward.dial(port), authority, headers());
      expect({ status: tunnel.status, challenge: tunnel.headers['proxy-authenticate'], www: tunnel.headers['www-authenticate'] }).toEqual({
        status: 407,
        challenge,
        www: undefined,
      });
      expect(tunnel.reason).toContain(message);
      expect(tunnel.body).toContain(message);
      for (const url of [`http://${HOST}/v2/`, 'http://other.example/']) {
        const { host } = new URL(url);
        const answer = await sendOn(await forward.dial(port), { path: url, headers: { host, ...headers() } });
        expect({ status: answer.status, challenge: answer.headers['proxy-authenticate'], www: answer.headers['www-authenticate'] }).toEqual(
          {
            status: 407,
            challenge,
            www: undefined,
          },
        );
        expect(answer.body).toContain(message);
      }
    });

    it.each<[string, string, () => Record<string, string>, string, string]>([
      [
        'no login',
        `${HOST}:443`,
        () => ({}),
        '407 Proxy Authentication Required',
        'authentication required; send a ServiceAccount token with audience "connectors-proxy" as the password, with the user NAMESPACE/NAME of a connector',
      ],
      [
        'a client without permission',
        `${HOST}:443`,
        () => forward.login({ as: 'stranger' }),
        '403 Forbidden',
        'system:serviceaccount:team:stranger may not use connectors/proxy "registry" in namespace "platform"; bind it to the ClusterRole connectors-puller or connectors-pusher there',
      ],
      [
        'a private address',
        '10.0.0.1:443',
        () => forward.login(),
        '403 Forbidden',
        'no connection to 10.0.0.1:443: it is in a private range and belongs to no connector of the login; add the host to no_proxy, or list the range in OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS of the installation if this is intended',
      ],
      [
        'the metadata service',
        '169.254.169.254:80',
        () => forward.login(),
        '403 Forbidden',
        'no connection to 169.254.169.254:80: it is a loopback, link-local, metadata or reserved address',
      ],
      [
        'a target without a port',
        HOST,
        () => forward.login(),
        '400 Bad Request',
        'the target of CONNECT must be HOST:PORT, such as registry.example.com:443',
      ],
    ])('CONNECT with %s: the complete answer', async (_name, target, headers, line, message) => {
      const head = Object.entries({ host: 'x', connection: 'close', ...headers() }).map(([name, value]) => `${name}: ${value}\r\n`);
      const text = await forward.exchange(await forward.dial(port), `CONNECT ${target} HTTP/1.1\r\n${head.join('')}\r\n`);
      const [start = '', ...rest] = text.split('\r\n');
      const blank = rest.indexOf('');
      expect(start).toBe(`HTTP/1.1 ${line}: ${message}`);
      expect(
        rest
          .slice(0, blank)
          .map((header) => header.replace(/^Date: .*/, 'date').toLowerCase())
          .sort(),
      ).toEqual(
        [
          'connection: close',
          `content-length: ${message.length + 1}`,
          'content-type: text/plain; charset=utf-8',
          'date',
          ...(line.startsWith('407') ? ['proxy-authenticate: basic realm="connectors"'] : []),
        ].sort(),
      );
      expect(rest.slice(blank + 1).join('\r\n')).toBe(`${message}\n`);
    });

    it('two logins: 407', async () => {
      const answer = await connectRaw(port, [
        ...connectLines(authority),
        `proxy-authorization: ${forward.login()['proxy-authorization'] ?? ''}`,
      ]);
      expect(answer.status).toBe(407);
    });

    it('a Connector of another namespace without permission: 403 with what to bind, and not whether it exists', async () => {
      const answers = await Promise.all(
        ['registry', 'absent'].map((name) => forward.askTunnel(authority, { port, as: 'stranger', user: `${CONNECTORS}/${name}` })),
      );
      for (const [index, { status, body, headers }] of answers.entries()) {
        expect({ status, challenge: headers['proxy-authenticate'] }).toEqual({ status: 403, challenge: undefined });
        expect(body).toContain(`may not use connectors/proxy "${['registry', 'absent'][index]}" in namespace "${CONNECTORS}"`);
        expect(body).toContain('connectors-puller');
      }
    });

    it('a Connector without permission is dropped before its address is compared', async () => {
      const user = `${CONNECTORS}/registry,${CONNECTORS}/second`;
      const socket = await forward.tunnel(authority, { port, as: 'stranger', user });
      // The first Connector would have contained this repository.
      const answer = await sendOn(socket, { path: '/v2/other/app/manifests/v1', headers: { host: authority } });
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 403,
        body: expect.stringContaining('no connector of the login') as string,
      });
    });

    it.each([
      'registry.example',
      'registry.example:',
      'registry.example:0',
      'registry.example:00443',
      'registry.example:99999',
      'registry.example:65536',
      'registry.example:-1',
      'registry.example:+443',
      'registry.example:0x1bb',
      'registry.example:443:443',
      'registry.example:https',
      'registry.example:443/',
      'registry.example:443?x',
      'user:secret@registry.example:443',
      'https://registry.example:443',
      '//registry.example:443',
      '/v2/',
      '*',
      ':443',
      '443',
      '[::1:443',
      '::1:443',
      '[fe80::1%eth0]:443',
      '[fe80::1%25eth0]:443',
      'registry%2eexample:443',
      'registry\\example:443',
      'registry.example,other.example:443',
      'registr\xfc.example:443',
      // The same in UTF-8, as a client sends a name that it does not encode.
      'registr\xc3\xbc.example:443',
      '1.2.3.4.5:443',
      '256.0.0.1:443',
      '[1.2.3.4]:443',
      '[::1]]:443',
      '[]:443',
      'registry..example:443',
      '.registry.example:443',
      `${'a'.repeat(64)}.example:443`,
    ])('CONNECT %s: 400, and the connection closes (C5, C6)', async (target) => {
      const socket = await forward.dial(port);
      const text = await forward.exchange(socket, `${connectLines(target).join('\r\n')}\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 [^\r]*\r\n/);
      expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(text.split('HTTP/1.1 ')).toHaveLength(2);
      expect(text).not.toContain('secret');
    });

    it.each([
      ['a length', ['Content-Length: 5'], 'hello', 400],
      ['chunks', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n', 400],
      ['a coding', ['Transfer-Encoding: gzip'], 'hello', 501],
      ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 400],
      ['a folded header', ['X-A: b', ' c'], '', 400],
      ['a bare line feed', ['X-A: b\nX-C: d'], '', 400],
      ['two Hosts', ['Host: other.example'], '', 400],
    ])('CONNECT with %s: an error, and nothing after it is a request (C8)', async (_name, lines, body, status) => {
      const socket = await forward.dial(port);
      const next = `GET http://${HOST}/ HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
      const text = await forward.exchange(socket, `${[...connectLines(authority), ...lines].join('\r\n')}\r\n\r\n${body}${next}`);
      expect(
        text
          .split('HTTP/1.1 ')
          .slice(1)
          .map((answer) => answer.slice(0, 3)),
      ).toEqual([String(status)]);
    });

    it('what a client sends with a CONNECT that is refused is no request (C8)', async () => {
      const socket = await forward.dial(port);
      const smuggled = `GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n`;
      const text = await forward.exchange(socket, `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n${smuggled}`);
      expect(
        text
          .split('HTTP/1.1 ')
          .slice(1)
          .map((answer) => answer.slice(0, 3)),
      ).toEqual(['407']);
    });

    it('an unknown HTTP version, an HTTP/2 preface and garbage: 400 (C8)', async () => {
      for (const text of [`CONNECT ${authority} HTTP/3.7\r\nhost: x\r\n\r\n`, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'garbage\r\n\r\n']) {
        expect(await forward.exchange(await forward.dial(port), text)).toMatch(/^HTTP\/1\.1 400 /);
      }
    });

    it.each([
      ['another Host', `http://${HOST}/v2/`, 'other.example'],
      ['another port in the Host', `http://${HOST}:80/v2/`, `${HOST}:81`],
      ['https', `https://${HOST}/v2/`, HOST],
      ['ftp', `ftp://${HOST}/v2/`, HOST],
      ['a user', `http://user:secret@${HOST}/v2/`, HOST],
      ['no host', 'http:///v2/', HOST],
      ['port 0', `http://${HOST}:0/`, `${HOST}:0`],
      ['port 99999', `http://${HOST}:99999/`, HOST],
      ['an asterisk', '*', HOST],
      ['an authority', HOST, HOST],
      ['a backslash', `http:\\\\${HOST}/`, HOST],
    ])('a request target with %s: 400, and the connection closes', async (_name, target, host) => {
      const socket = await forward.dial(port);
      const text = await forward.exchange(
        socket,
        `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nproxy-authorization: ${forward.login()['proxy-authorization'] ?? ''}\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n');
      expect(text).not.toContain('secret');
    });
  });

  it('a refused CONNECT leaves the connection usable, however often', async () => {
    const socket = await forward.dial();
    for (let count = 0; count < 20; count += 1) {
      expect((await openTunnel(socket, authority)).status).toBe(407);
    }
    expect((await openTunnel(socket, authority, forward.login())).status).toBe(200);
  });
});
