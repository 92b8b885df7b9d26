import { type IncomingMessage } from 'node:http';
import { findMalformation } from './malformed-request';

interface Given {
  readonly url?: string;
  readonly httpVersion?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
}

function codeOf({ url = '/v2/', httpVersion = '1.1', headers = [['Host', 'a']] }: Given): string | undefined {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = joined[key];
    // Node.js also keeps the first of several Host headers.
    if (before === undefined) {
      joined[key] = value;
    } else if (key !== 'host') {
      joined[key] = `${before}, ${value}`;
    }
  }
  return findMalformation({ url, httpVersion, headers: joined, rawHeaders: headers.flat() } as unknown as IncomingMessage)?.code;
}

describe('findMalformation', () => {
  it.each<Given>([
    {},
    { headers: [['host', '[::1]:8080']] },
    {
      headers: [
        ['HOST', 'C-B.A.SVC:80'],
        ['Transfer-Encoding', 'Chunked'],
      ],
    },
    { url: `/a"b%%?c=[d]|'&\\` },
    { url: '*' },
    { url: 'http://a/b' },
    { httpVersion: '1.0' },
  ])('accepts %j', (given) => {
    expect(codeOf(given)).toBeUndefined();
  });

  it.each<[string, Given]>([
    ['RequestMalformed', { headers: [] }],
    ['RequestMalformed', { headers: [['Host', '']] }],
    [
      'RequestMalformed',
      {
        headers: [
          ['Host', 'a'],
          ['hOST', 'a'],
        ],
      },
    ],
    ['RequestMalformed', { headers: [['Host', 'a, b']] }],
    ['RequestMalformed', { headers: [['Host', 'a/b']] }],
    ['RequestMalformed', { headers: [['Host', 'a@b']] }],
    ['RequestMalformed', { headers: [['Host', 'a:b']] }],
    ['RequestMalformed', { url: '' }],
    ['RequestMalformed', { url: '/v2/\u00e4' }],
    ['RequestMalformed', { url: '/v2/#x' }],
    [
      'RequestMalformed',
      {
        httpVersion: '1.0',
        headers: [
          ['Host', 'a'],
          ['Transfer-Encoding', 'chunked'],
        ],
      },
    ],
    [
      'TransferCodingUnsupported',
      {
        headers: [
          ['Host', 'a'],
          ['Transfer-Encoding', 'gzip, chunked'],
        ],
      },
    ],
    [
      'TransferCodingUnsupported',
      {
        headers: [
          ['Host', 'a'],
          ['Transfer-Encoding', 'chunked'],
          ['Transfer-Encoding', 'chunked'],
        ],
      },
    ],
    [
      'RequestMalformed',
      {
        headers: [
          ['Host', 'a'],
          ['Transfer-Encoding', ''],
        ],
      },
    ],
  ])('C8 request smuggling: %s for %j', (code, given) => {
    expect(codeOf(given)).toBe(code);
  });
});
