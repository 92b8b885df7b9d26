import { Sensitive } from '@oci-connector/sensitive';
import { Transfer } from '../transfer/transfer';
import { requestHead } from './request-head';
import { type UpstreamRequest } from './upstream-transport';

const request = (changes: Partial<UpstreamRequest>): UpstreamRequest => ({
  method: 'GET',
  origin: 'https://registry.example:5000',
  path: '/v2/a?b=%20',
  headers: {},
  transfer: new Transfer(() => 0),
  ...changes,
});

describe('requestHead', () => {
  it('contains the target, the host, and all headers', () => {
    const headers = { accept: ['a/b', 'c/d'], authorization: new Sensitive('Bearer x'), 'x-odd': 'a\tb \xe9' };
    expect(requestHead(request({ headers }))).toBe(
      'GET /v2/a?b=%20 HTTP/1.1\r\nhost: registry.example:5000\r\nconnection: keep-alive\r\n' +
        'accept: a/b\r\naccept: c/d\r\nauthorization: Bearer x\r\nx-odd: a\tb \xe9\r\n\r\n',
    );
  });

  it.each<[string, Partial<UpstreamRequest>]>([
    ['a line break in a value', { headers: { a: 'b\r\nc: d' } }],
    ['a line break in one of several values', { headers: { a: ['b', 'c\n'] } }],
    ['a line break in a secret', { headers: { a: new Sensitive('b\r\n') } }],
    ['a NUL in a value', { headers: { a: '\0' } }],
    ['a character beyond latin1', { headers: { a: '\u0100' } }],
    ['a name with a space', { headers: { 'a b': 'c' } }],
    ['an empty name', { headers: { '': 'c' } }],
    ['a space in the path', { path: '/a b' }],
    ['a line break in the path', { path: '/a\r\n' }],
    ['a character beyond ASCII in the path', { path: '/\xe9' }],
    ['another form of target', { path: 'http://x/' }],
  ])('does not write %s', (_name, changes) => {
    expect(requestHead(request(changes))).toBeUndefined();
  });
});
