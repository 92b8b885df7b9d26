import { RawUpstream, until } from '@oci-connector/testing-kit';
import { basic, ProxyWorld } from './proxy-world';
import { rawExchange } from './raw-exchange';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'POST', 'PUT', 'PATCH'] as const;

/** The bytes in place of a body: a request that no client may send. */
const SMUGGLED = 'DELETE /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
const LENGTH = SMUGGLED.length;
/** Long enough to be relayed. */
const LONG = SMUGGLED.repeat(2_000);
const chunk = (text: string, extension = ''): string => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
const CHUNKED = `${chunk(SMUGGLED)}0\r\n\r\n`;

interface Framing {
  readonly name: string;
  readonly lines: readonly string[];
  readonly body: string;
  /** The status that clients get. */
  readonly status: 200 | 400 | 501;
  /** The content of the request; by default none. */
  readonly content?: string;
  /** The head is valid. A request without content may then go upstream before the rest is read. */
  readonly inBody?: true;
  /** What differs when the proxy relays the body. */
  readonly relayed?: Pick<Framing, 'status' | 'content'>;
}

const FRAMINGS: readonly Framing[] = [
  { name: 'in chunks', lines: ['Transfer-Encoding: chunked'], body: CHUNKED, status: 200, content: SMUGGLED },
  { name: 'in chunks, in capitals', lines: ['Transfer-Encoding: Chunked'], body: CHUNKED, status: 200, content: SMUGGLED },
  { name: 'in chunks, after much white space', lines: ['Transfer-Encoding: \t chunked'], body: CHUNKED, status: 200, content: SMUGGLED },
  {
    name: 'in chunks, before white space',
    lines: ['Transfer-Encoding: chunked \t '],
    body: CHUNKED,
    status: 400,
    inBody: true,
    // White space is not part of the value (RFC 9110 §5.5), but `node:http` refuses it.
    relayed: { status: 200, content: SMUGGLED },
  },
  {
    name: 'in small chunks',
    lines: ['Transfer-Encoding: chunked'],
    body: `${[...SMUGGLED].map((byte) => chunk(byte)).join('')}0\r\n\r\n`,
    status: 200,
    content: SMUGGLED,
  },
  {
    name: 'in chunks with extensions',
    lines: ['Transfer-Encoding: chunked'],
    body: `${chunk(SMUGGLED, ';a=b;c="d"')}0;e\r\n\r\n`,
    status: 200,
    content: SMUGGLED,
  },
  {
    name: 'in chunks with trailers',
    lines: ['Transfer-Encoding: chunked', 'Trailer: x-a'],
    body: `${chunk(SMUGGLED)}0\r\nX-A: b\r\nHost: y\r\n\r\n`,
    status: 200,
    content: SMUGGLED,
  },
  {
    name: 'in chunks with a length among the trailers',
    lines: ['Transfer-Encoding: chunked'],
    body: `${chunk(SMUGGLED)}0\r\nContent-Length: 5\r\n\r\n`,
    status: 400,
    inBody: true,
  },
  { name: 'in no chunk, followed by bytes', lines: ['Transfer-Encoding: chunked'], body: `0\r\n\r\n${SMUGGLED}`, status: 200 },
  { name: 'with its length', lines: [`Content-Length: ${LENGTH}`], body: SMUGGLED, status: 200, content: SMUGGLED },
  { name: 'with its length, and long', lines: [`Content-Length: ${LONG.length}`], body: LONG, status: 200, content: LONG },
  {
    name: 'with its length, and long, followed by bytes',
    lines: [`Content-Length: ${LONG.length - LENGTH}`],
    body: LONG,
    status: 200,
    content: LONG.slice(LENGTH),
  },
  { name: 'with its length and zeros before it', lines: [`Content-Length: 000${LENGTH}`], body: SMUGGLED, status: 200, content: SMUGGLED },
  { name: 'with length 0, followed by bytes', lines: ['Content-Length: 0'], body: SMUGGLED, status: 200 },
  { name: 'not at all, followed by bytes', lines: [], body: SMUGGLED, status: 200 },
  {
    name: 'that Connection names',
    lines: ['Connection: content-length, transfer-encoding', `Content-Length: ${LENGTH}`],
    body: SMUGGLED,
    status: 200,
    content: SMUGGLED,
  },
  {
    name: 'in chunks that Connection names',
    lines: ['Connection: transfer-encoding', 'Transfer-Encoding: chunked'],
    body: CHUNKED,
    status: 200,
    content: SMUGGLED,
  },
  { name: 'in chunks and with a length', lines: [`Content-Length: ${LENGTH}`, 'Transfer-Encoding: chunked'], body: CHUNKED, status: 400 },
  { name: 'in chunks and with length 0', lines: ['Transfer-Encoding: chunked', 'Content-Length: 0'], body: CHUNKED, status: 400 },
  { name: 'with two equal lengths', lines: [`Content-Length: ${LENGTH}`, `Content-Length: ${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'with two lengths', lines: ['Content-Length: 0', `Content-Length: ${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'with a list of lengths', lines: [`Content-Length: ${LENGTH}, ${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'with a comma after the length', lines: [`Content-Length: ${LENGTH},`], body: SMUGGLED, status: 400 },
  { name: 'with a signed length', lines: [`Content-Length: +${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'with a negative length', lines: ['Content-Length: -1'], body: SMUGGLED, status: 400 },
  { name: 'with a hexadecimal length', lines: [`Content-Length: 0x${LENGTH.toString(16)}`], body: SMUGGLED, status: 400 },
  { name: 'with an empty length', lines: ['Content-Length:'], body: SMUGGLED, status: 400 },
  { name: 'with a length in two parts', lines: ['Content-Length: 1 2'], body: SMUGGLED, status: 400 },
  { name: 'with a length beyond all numbers', lines: ['Content-Length: 99999999999999999999999'], body: SMUGGLED, status: 400 },
  { name: 'with a length on a folded line', lines: ['Content-Length:', ` ${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'with a blank before the colon of the length', lines: [`Content-Length : ${LENGTH}`], body: SMUGGLED, status: 400 },
  { name: 'in the coding gzip, chunked', lines: ['Transfer-Encoding: gzip, chunked'], body: CHUNKED, status: 501 },
  {
    name: 'in the codings gzip and chunked, on two lines',
    lines: ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
    body: CHUNKED,
    status: 501,
  },
  { name: 'in the coding identity, chunked', lines: ['Transfer-Encoding: identity, chunked'], body: CHUNKED, status: 501 },
  { name: 'in the coding identity', lines: ['Transfer-Encoding: identity'], body: SMUGGLED, status: 501 },
  { name: 'in the coding gzip', lines: ['Transfer-Encoding: gzip'], body: SMUGGLED, status: 501 },
  { name: 'in the coding chunked, gzip', lines: ['Transfer-Encoding: chunked, gzip'], body: CHUNKED, status: 400 },
  { name: 'in the coding chunked, identity', lines: ['Transfer-Encoding: chunked, identity'], body: CHUNKED, status: 400 },
  { name: 'in chunks twice', lines: ['Transfer-Encoding: chunked, chunked'], body: CHUNKED, status: 400 },
  { name: 'in chunks, on two lines', lines: ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], body: CHUNKED, status: 400 },
  { name: 'in chunks with a parameter', lines: ['Transfer-Encoding: chunked;a=b'], body: CHUNKED, status: 501 },
  { name: 'in a coding that ends with chunked', lines: ['Transfer-Encoding: xchunked'], body: CHUNKED, status: 501 },
  { name: 'in an empty coding', lines: ['Transfer-Encoding:'], body: CHUNKED, status: 400 },
  { name: 'in the coding chunked in quotes', lines: ['Transfer-Encoding: "chunked"'], body: CHUNKED, status: 501 },
  { name: 'in chunks after a vertical tab', lines: ['Transfer-Encoding: \x0bchunked'], body: CHUNKED, status: 400 },
  { name: 'in a coding on a folded line', lines: ['Transfer-Encoding:', ' chunked'], body: CHUNKED, status: 400 },
  { name: 'with a blank before the colon of the coding', lines: ['Transfer-Encoding : chunked'], body: CHUNKED, status: 400 },
  { name: 'in a coding after a bare line feed', lines: ['X-A: b\nTransfer-Encoding: chunked'], body: CHUNKED, status: 400 },
  { name: 'with a length after a bare carriage return', lines: [`X-A: b\rContent-Length: ${LENGTH}`], body: SMUGGLED, status: 400 },
  {
    name: 'in a chunk whose size is not a number',
    lines: ['Transfer-Encoding: chunked'],
    body: `zz\r\n${SMUGGLED}`,
    status: 400,
    inBody: true,
  },
  {
    name: 'in a chunk with a signed size',
    lines: ['Transfer-Encoding: chunked'],
    body: `+${chunk(SMUGGLED)}0\r\n\r\n`,
    status: 400,
    inBody: true,
  },
  { name: 'in a chunk with a negative size', lines: ['Transfer-Encoding: chunked'], body: `-1\r\n${SMUGGLED}`, status: 400, inBody: true },
  {
    name: 'in a chunk with size 0x…',
    lines: ['Transfer-Encoding: chunked'],
    body: `0x${chunk(SMUGGLED)}0\r\n\r\n`,
    status: 400,
    inBody: true,
  },
  {
    name: 'in a chunk whose size has no end',
    lines: ['Transfer-Encoding: chunked'],
    body: `fffffffffffffffff\r\n${SMUGGLED}`,
    status: 400,
    inBody: true,
  },
  { name: 'in a chunk after a blank line', lines: ['Transfer-Encoding: chunked'], body: `\r\n${CHUNKED}`, status: 400, inBody: true },
  {
    name: 'in a chunk shorter than its size',
    lines: ['Transfer-Encoding: chunked'],
    body: `3\r\nab\r\n0\r\n\r\n${SMUGGLED}`,
    status: 400,
    inBody: true,
  },
  {
    name: 'in a chunk longer than its size',
    lines: ['Transfer-Encoding: chunked'],
    body: `1\r\nabc\r\n0\r\n\r\n${SMUGGLED}`,
    status: 400,
    inBody: true,
  },
  {
    name: 'in chunks with bare line feeds',
    lines: ['Transfer-Encoding: chunked'],
    body: CHUNKED.replaceAll('\r\n', '\n'),
    status: 400,
    inBody: true,
  },
];

/** Returns a path of the Connector for each method. */
const OCI_PATHS: Readonly<Record<string, string>> = { POST: '/v2/app/blobs/uploads/', PATCH: '/v2/app/blobs/uploads/abc' };

const KINDS = [
  {
    kind: 'oci',
    connector: 'registry',
    path: (method: string) => OCI_PATHS[method] ?? '/v2/app/manifests/a',
    last: '/v2/app/manifests/last',
  },
  { kind: 'http', connector: 'service', path: () => '/a', last: '/last' },
];

const RELAYED: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

const cases = KINDS.flatMap((kind) => [true, false].map((bodyRelay) => ({ ...kind, bodyRelay })));

describe.each(cases)(
  'C8b smuggling past a Connector of protocol $kind, body relay: $bodyRelay',
  ({ kind, connector, path, last, bodyRelay }) => {
    let world: ProxyWorld;
    let upstream: RawUpstream;
    let authorization: string;
    const base = `/namespaces/platform/connectors/${connector}`;

    beforeAll(async () => {
      world = await ProxyWorld.start({ settings: { bodyRelay, pushRelay: bodyRelay, plainRequests: bodyRelay } });
      upstream = await RawUpstream.start();
      world.applyClass('http', { protocol: 'http', livenessProbe: undefined });
      await world.connect(upstream, { name: connector, ...(kind === 'http' && { className: 'http' }) });
      authorization = `Authorization: ${basic(world.token('admin'))}`;
      await world.send(base + last, { as: 'admin' });
    });

    beforeEach(() => upstream.clear());

    afterAll(async () => {
      await world.close();
      await upstream.close();
    });

    const requests = METHODS.flatMap((method) =>
      FRAMINGS.map(({ relayed, ...framing }) => ({ ...framing, ...(bodyRelay && RELAYED.has(method) ? relayed : {}), method })),
    );

    it.each(requests)(
      'only the intended request goes upstream: $method with a body framed $name',
      async ({ method, lines, body, status, content = '', inBody }) => {
        const target = path(method);
        const final = `GET ${base}${last} HTTP/1.1\r\nHost: x\r\n${authorization}\r\nConnection: close\r\n\r\n`;
        const answers = await rawExchange(
          world.proxy.httpPort,
          [`${method} ${base}${target} HTTP/1.1`, 'Host: x', authorization, ...lines],
          {
            body: body + final,
          },
        );
        await until(async () =>
          (await (await fetch(`${world.proxy.adminUrl}/metrics`)).text()).includes('connectors_proxy_transfers_in_flight 0'),
        );
        expect(upstream.violations).toEqual([]);
        const intended = upstream.requests.filter(({ line }) => line === `${method} ${target} HTTP/1.1`);
        expect(upstream.lines.filter((line) => line !== `GET ${last} HTTP/1.1`)).toEqual(intended.map(({ line }) => line));
        const hasNoContent = method === 'GET' || method === 'HEAD';
        const bodies = intended.map((request) => request.body);
        // No route of the distribution-spec has this method.
        if (kind === 'oci' && method === 'OPTIONS') {
          return expect(bodies).toEqual([]);
        }
        if (inBody && hasNoContent) {
          return expect([[], ['']]).toContainEqual(bodies);
        }
        // The valid beginning of a body may be sent, but never with a proper end.
        expect(Number(/^HTTP\/1\.1 (\d+)/.exec(answers)?.[1])).toBe(status);
        expect(bodies).toEqual(status === 200 ? [hasNoContent ? '' : content] : []);
      },
    );

    it.each([
      ['two Hosts', 400, 'HTTP/1.1', ['Host: x', 'Host: y'], ''],
      ['two equal Hosts', 400, 'HTTP/1.1', ['Host: x', 'Host: x'], ''],
      ['no Host', 400, 'HTTP/1.1', [], ''],
      ['an invalid Host', 400, 'HTTP/1.1', ['Host: x/y'], ''],
      ['a target that is not ASCII', 400, '\xe4 HTTP/1.1', ['Host: x'], ''],
      ['a target with a fragment', 400, '#a HTTP/1.1', ['Host: x'], ''],
      ['a coding below chunked', 501, 'HTTP/1.1', ['Host: x', 'Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
      ['chunks in HTTP/1.0', 400, 'HTTP/1.0', ['Host: x', 'Connection: keep-alive', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
      ['an expectation that cannot be met', 417, 'HTTP/1.1', ['Host: x', 'Expect: tea', 'Content-Length: 0'], ''],
      ['a header without a colon', 400, 'HTTP/1.1', ['Host: x', 'Header'], ''],
    ])('C8 request smuggling: %s ends the connection, and later requests are not served', async (_name, status, version, lines, body) => {
      const next = `GET ${base}${last} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`;
      const answers = await rawExchange(
        world.proxy.httpPort,
        [`GET ${base}${path('GET')}${/^HTTP/.test(version) ? ' ' : ''}${version}`, authorization, ...lines],
        { body: body + next + next },
      );
      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
      expect(answers).toMatch(/\r\nconnection: close\r\n/i);
      expect(upstream.lines).toEqual([]);
      expect(upstream.violations).toEqual([]);
    });

    it('C8 request smuggling: requests before one that ends the connection are answered first', async () => {
      const before = `GET ${base}${last} HTTP/1.1\r\nHost: x\r\n${authorization}\r\n\r\n`;
      const answers = await rawExchange(
        world.proxy.httpPort,
        [`${before}GET ${base}${last} HTTP/1.1`, authorization, 'Host: x', 'Host: x'],
        {
          body: before,
        },
      );
      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
      expect(upstream.lines).toEqual([`GET ${last} HTTP/1.1`]);
    });
  },
);
