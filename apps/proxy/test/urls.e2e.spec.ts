import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { aBlob } from '@oci-connector/testing-registry';
import { basic, errorOf, prefix, ProxyWorld } from './proxy-world';
import { rawExchange } from './raw-exchange';

/** A server that records the bytes of each request, and sends the given bytes. Each request has a connection of its own. */
class RawServer {
  readonly heads: string[] = [];
  /** All bytes that arrived, in the order of connections. */
  readonly received: string[] = [];
  answer: (head: string) => string = () => response(200);

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RawServer> {
    const server = createServer();
    const raw = new RawServer(server);
    server.on('connection', (socket) => raw.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return raw;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get requestLines(): string[] {
    return this.heads.map((head) => head.slice(0, head.indexOf('\r\n')));
  }

  clear(): void {
    this.heads.length = 0;
    this.received.length = 0;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  #serve(socket: Socket): void {
    const index = this.received.push('') - 1;
    let answered = false;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.received[index] += chunk.toString('latin1');
      const all = this.received[index] ?? '';
      const end = all.indexOf('\r\n\r\n');
      if (answered || end < 0 || !isComplete(all.slice(0, end), all.slice(end + 4))) {
        return;
      }
      answered = true;
      this.heads.push(all.slice(0, end));
      socket.end(Buffer.from(this.answer(all.slice(0, end)), 'latin1'));
    });
  }
}

function isComplete(head: string, body: string): boolean {
  if (/^transfer-encoding: chunked/im.test(head)) {
    return body.endsWith('0\r\n\r\n');
  }
  return body.length >= Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}

/** @param headers lines with one character for each byte */
function response(status: number, headers: readonly string[] = [], body = '{}'): string {
  return [`HTTP/1.1 ${status} X`, `Content-Length: ${body.length}`, 'Connection: close', ...headers, '', body].join('\r\n');
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
const TAGS = `${prefix()}/team/app/tags/list`;
const UPLOADS = `${prefix()}/team/app/blobs/uploads/`;
const SHA = aBlob(Buffer.from('x')).digest;
const REFERRERS = `${prefix()}/team/app/referrers/${SHA}`;
const JSON_TYPE = 'Content-Type: application/json';

describe('URLs in the responses of a registry', () => {
  let world: ProxyWorld;
  let registry: RawServer;
  let cdn: RawServer;

  beforeAll(async () => {
    registry = await RawServer.start();
    cdn = await RawServer.start();
    world = await ProxyWorld.start();
    await world.addProxy();
    await world.connect(registry, { credential: { username: 'robot', password: 'correct-horse-battery' } });
    world.applyClass('service', { protocol: 'http', livenessProbe: undefined });
    await world.connect({ url: `${registry.url}/base` }, { name: 'service', className: 'service' });
  });

  beforeEach(() => {
    registry.clear();
    cdn.clear();
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
    await cdn.close();
  });

  /** Answers the version check with a challenge, and other requests with the given response. */
  const registryAnswers = (answer: (target: string) => string): void => {
    registry.answer = (head) => {
      const target = head.split(' ')[1] ?? '';
      return target === '/v2/' ? response(401, ['WWW-Authenticate: Basic realm="x"']) : answer(target);
    };
  };

  const nextOf = (link: unknown): string => /^<([^>]+)>; rel="next"$/.exec(String(link))?.[1] ?? '';

  it.each([
    ['tags', TAGS, 'tags/list'],
    ['referrers', REFERRERS, `referrers/${SHA}`],
  ])('lists are cut silently: redirected %s continue at the place that sent them, through any replica', async (_name, list, tail) => {
    registryAnswers(() => response(307, [`Location: ${cdn.url}/lists/1?sig=a%2fb`]));
    cdn.answer = (head) =>
      head.includes('page=2')
        ? response(200, [JSON_TYPE], '{"name":"x","tags":["last"]}')
        : response(200, [JSON_TYPE, 'Link: <?page=2&sig=c%2fd>; rel=next'], '{"name":"x","tags":["first"]}');
    const first = await world.send(list);
    const next = nextOf(first.headers.link);
    expect(next.startsWith(`${list}?sealed=sealed.`)).toBe(true);
    expect(next).not.toContain('sig');
    const [, other] = world.proxies;
    const second = await world.send(next, { proxy: other });
    expect({ status: second.status, body: second.body.toString() }).toMatchObject({
      status: 200,
      body: expect.stringContaining('last') as string,
    });
    expect(second.headers.link).toBeUndefined();
    expect(cdn.requestLines).toEqual(['GET /lists/1?sig=a%2fb HTTP/1.1', 'GET /lists/1?page=2&sig=c%2fd HTTP/1.1']);
    expect(cdn.heads.join()).not.toMatch(/authorization/i);

    const stolen = await world.send(next, { as: 'puller' });
    expect({ status: stolen.status, message: errorOf(stolen).message }).toEqual({
      status: 410,
      message: expect.stringContaining(`next page of ${tail}`) as string,
    });
    expect((await world.send(next.replace('/team/app/', '/team/other/'))).status).toBe(410);
    expect((await world.send(next, { method: 'DELETE', as: 'admin' })).status).toBe(405);
    expect((await world.send(`${UPLOADS}${next.split('sealed=')[1]}`, { method: 'PATCH', body: 'x' })).status).toBe(404);
    expect(cdn.heads).toHaveLength(2);
  });

  it('lists are cut silently: the next page of a list that is redirected on the same origin is there, with the credential', async () => {
    registryAnswers((target) =>
      target.startsWith('/v2/')
        ? response(302, ['Location: /internal/tags'])
        : response(200, [JSON_TYPE, ...(target.includes('2') ? [] : ['Link: </internal/tags?p=2>;rel="next"'])], '{"tags":[]}'),
    );
    const next = nextOf((await world.send(TAGS)).headers.link);
    expect((await world.send(next)).status).toBe(200);
    expect(registry.requestLines.at(-1)).toBe('GET /internal/tags?p=2 HTTP/1.1');
    expect(registry.heads.at(-1)).toMatch(/^authorization: Basic /im);
  });

  it.each([
    ['at a place that the egress policy refuses', 'Link: <http://169.254.169.254/x>; rel="next"', /metadata/],
    ['in another repository', 'Link: </v2/other/tags/list?n=1>; rel="next"', /another repository/],
    ['that cannot be read', 'Link: <x; rel="next"', /Link header that cannot be read/],
    ['with a user name', 'Link: <https://u:p@x.example/y>; rel="next"', /user name/],
  ])('lists are cut silently: 502 with the reason for a next page %s', async (_name, link, why) => {
    registryAnswers(() => response(200, [JSON_TYPE, link], '{"tags":["a"]}'));
    for (const list of [TAGS, REFERRERS]) {
      const { status, body } = await world.send(list);
      expect({ status, body: body.toString() }).toEqual({ status: 502, body: expect.stringMatching(why) as string });
      expect(body.toString()).not.toContain('"tags"');
    }
  });

  it('lists are cut silently: referrers that the registry does not have stay 404', async () => {
    registryAnswers(() => response(404, ['Link: <x; rel="next"']));
    expect((await world.send(REFERRERS)).status).toBe(404);
  });

  it.each([
    ['raw UTF-8', latin1('/日本/a%2fb?n=ü&sig=%2B%2f'), '/%E6%97%A5%E6%9C%AC/a%2fb?n=%C3%BC&sig=%2B%2f'],
    ['an S3 signature', '/b//k?X-Amz-Credential=A%2F1%2Fs3&X-Amz-Security-Token=a%2Bb%3D%3d&x-id=&X-Amz-Signature=0', undefined],
    ['characters that parsers escape', '/k\'(1)!*"<>^`{|}?a=\'"<>^`{|}&b', undefined],
  ])(
    'raw UTF-8 is escaped once, and all other bytes stay unchanged: %s in a redirect and an upload Location',
    async (_name, named, asked = named) => {
      registryAnswers((target) =>
        target.includes('uploads') ? response(202, [`Location: ${cdn.url}${named}`]) : response(307, [`Location: ${cdn.url}${named}`]),
      );
      cdn.answer = () => response(200);
      expect((await world.send(`${prefix()}/team/app/blobs/${SHA}`)).status).toBe(200);
      const location = (await world.send(UPLOADS, { method: 'POST' })).headers.location ?? '';
      expect((await world.send(location, { method: 'PATCH', body: 'x' })).status).toBe(200);
      expect(cdn.requestLines).toEqual([`GET ${asked} HTTP/1.1`, `PATCH ${asked} HTTP/1.1`]);
      expect(cdn.heads.join()).not.toMatch(/authorization/i);
    },
  );

  it('sealed locations longer than 4096: an upload continues at a location of 8 KiB', async () => {
    const path = `/u?sig=${'a'.repeat(8_192)}`;
    registryAnswers(() => response(202, [`Location: ${cdn.url}${path}`]));
    cdn.answer = () => response(201);
    const location = (await world.send(UPLOADS, { method: 'POST' })).headers.location ?? '';
    expect((await world.send(`${location}?digest=${SHA}`, { method: 'PUT', body: 'x' })).status).toBe(201);
    expect(cdn.requestLines).toEqual([`PUT ${path}&digest=${encodeURIComponent(SHA)} HTTP/1.1`]);
  });

  it.each(['/v2/team/app/blobs/uploads/..%2f..%2fother', '/x/%2e%2e/y', '/x/%252e%252e%252fy'])(
    'upload locations with encoded dot segments: 502 for %s',
    async (location) => {
      registryAnswers(() => response(202, [`Location: ${location}`]));
      const answer = await world.send(UPLOADS, { method: 'POST' });
      expect({ status: answer.status, message: errorOf(answer).message }).toEqual({
        status: 502,
        message: expect.stringContaining('. or .. segment') as string,
      });
    },
  );

  describe('C4b mount by a form body', () => {
    const FORM = `mount=${SHA}&from=other/secret`;
    const send = async (headers: readonly string[], { query = '', body = FORM } = {}): Promise<string> => {
      const head = [
        `POST ${UPLOADS}${query} HTTP/1.1`,
        'Host: localhost',
        `Authorization: ${basic(world.token('pusher'))}`,
        'Connection: close',
        ...headers,
      ];
      return rawExchange(world.proxy.httpPort, head, { body });
    };
    const LENGTH = `Content-Length: ${FORM.length}`;

    beforeEach(() => registryAnswers(() => response(202, ['Location: /v2/team/app/blobs/uploads/u'])));

    it.each([
      ['urlencoded', ['Content-Type: application/x-www-form-urlencoded', LENGTH]],
      ['urlencoded, in other case and with parameters', ['content-type:  Application/X-WWW-Form-URLEncoded ; charset=utf-8', LENGTH]],
      ['multipart', ['Content-Type: multipart/form-data; boundary=b', LENGTH]],
      ['a type that is not a form', ['Content-Type: text/plain', LENGTH]],
      [
        'content first and a form second, in one line',
        ['Content-Type: application/octet-stream, application/x-www-form-urlencoded', LENGTH],
      ],
      [
        'a form first and content second, in two lines',
        ['Content-Type: application/x-www-form-urlencoded', 'Content-Type: application/octet-stream', LENGTH],
      ],
    ])('does not go upstream: %s', async (_name, headers) => {
      expect(await send(headers)).toMatch(/^HTTP\/1\.1 400 [^]*BLOB_UPLOAD_INVALID[^]*application\/octet-stream/);
      expect(registry.received.join()).not.toContain('POST');
    });

    it.each([
      ['no type', [LENGTH], undefined],
      ['an empty type', ['Content-Type:', LENGTH], undefined],
      [
        'content first and a form second, in two lines',
        ['Content-Type: application/octet-stream', 'Content-Type: application/x-www-form-urlencoded', LENGTH],
        undefined,
      ],
      [
        'content in chunks',
        ['Content-Type: application/octet-stream', 'Transfer-Encoding: chunked'],
        `${FORM.length.toString(16)}\r\n${FORM}\r\n0\r\n\r\n`,
      ],
    ])('goes upstream only as content: %s', async (_name, headers, body) => {
      expect(await send(headers, { query: `?digest=${SHA}`, body })).toMatch(/^HTTP\/1\.1 202 /);
      const [head = ''] = registry.heads.filter((text) => text.startsWith('POST'));
      expect(head.match(/^content-type:.*$/gim)).toEqual([expect.stringMatching(/^content-type: application\/octet-stream$/i)]);
      expect(head).toContain(`/v2/team/app/blobs/uploads/?digest=${SHA} `);
    });

    it('no header and no parameter requests another method or a mount', async () => {
      const override = ['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: PUT', 'X-Method-Override: DELETE', 'Content-Length: 0'];
      const query = `?_method=DELETE&%6dount=${SHA}&MOUNT=${SHA}&mount=a&mount=b&x=1;from=other/secret&from%5B%5D=other/secret&%66rom=other/secret`;
      expect(await send(override, { query, body: '' })).toMatch(/^HTTP\/1\.1 202 /);
      const [head = ''] = registry.heads.filter((text) => text.startsWith('POST'));
      expect(head).toMatch(/^POST \/v2\/team\/app\/blobs\/uploads\/ HTTP/);
      expect(head).not.toMatch(/method/i);
    });
  });

  it('escapes block the event loop: a query of 31,000 pairs is refused, and none goes upstream', async () => {
    registryAnswers(() => response(200));
    const hostile = '%&'.repeat(15_000);
    for (const [path, method] of [
      [`${TAGS}?${hostile}`, 'GET'],
      [`${UPLOADS}?${hostile}`, 'POST'],
      [`${TAGS}?${'a'.repeat(40_000)}`, 'GET'],
    ] as const) {
      const answer = await world.send(path, { method });
      expect({ status: answer.status, message: errorOf(answer).message }).toEqual({
        status: 414,
        message: expect.stringMatching(/parameters|bytes/) as string,
      });
    }
    expect(registry.heads).toEqual([]);
  });

  it('headers of an HTTP service that contain URLs are mapped or left out', async () => {
    registry.answer = () =>
      response(200, [
        'Content-Location: /base/x',
        `Link: <${registry.url}/base/y?p=2>; rel="next", <https://docs.example/>; rel="help"`,
        'Refresh: 0; url=https://evil.example/',
        'Alt-Svc: h3="evil.example:443"',
        'Set-Cookie: a=b; Path=/base; Domain=example.com',
        'Destination: https://evil.example/z',
        'SourceMap: app.js.map',
      ]);
    const { headers } = await world.send('/namespaces/platform/connectors/service/dir/app.js');
    const ours = '/namespaces/platform/connectors/service';
    expect(headers).toMatchObject({
      'content-location': `${ours}/x`,
      link: `<${ours}/y?p=2>; rel="next"`,
      sourcemap: `${ours}/dir/app.js.map`,
    });
    for (const name of ['refresh', 'alt-svc', 'set-cookie', 'destination']) {
      expect(headers[name]).toBeUndefined();
    }
  });
});
