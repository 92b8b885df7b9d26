import { readPlainHead } from './plain-head';

const head = (fields: string, status = '200 OK'): Buffer => Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\n`, 'latin1');

describe('readPlainHead', () => {
  it('reads status, headers and length, and says where the body begins', () => {
    const received = Buffer.concat([
      head('Content-Type: a/b;c="d e" \r\nCONTENT-LENGTH:5\r\nX:\r\nX-Odd:\t\xe9\xa0 \r\n'),
      Buffer.from('hello'),
    ]);
    expect(readPlainHead(received)).toEqual({
      status: 200,
      headers: { 'content-type': 'a/b;c="d e"', 'content-length': '5', x: '', 'x-odd': '\xe9\xa0' },
      length: 5,
      keepAliveMs: 15_000,
      bytes: received.length - 5,
    });
  });

  it('keeps several lines of a header apart, and an empty reason', () => {
    expect(readPlainHead(head('Link: <a>\r\nContent-Length: 0\r\nlink: <b>\r\nLINK: <c>\r\n', '404 '))).toMatchObject({
      status: 404,
      headers: { link: ['<a>', '<b>', '<c>'] },
    });
  });

  it.each([
    ['', 15_000],
    ['Connection: keep-alive\r\n', 15_000],
    ['connection: Keep-Alive\r\nKeep-Alive: timeout=60, max=100\r\n', 15_000],
    ['Keep-Alive: max=100, timeout=5\r\n', 4_000],
    ['Keep-Alive: timeout=1\r\n', 0],
    ['Keep-Alive: timeout=0\r\n', 0],
    ['Connection: CLOSE\r\n', 0],
  ])('%j keeps the connection for %d ms', (fields, keepAliveMs) => {
    expect(readPlainHead(head(`Content-Length: 1\r\n${fields}`))).toMatchObject({ keepAliveMs });
  });

  it.each([
    ['an incomplete head', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n'],
    ['nothing', ''],
    ['no length', 'HTTP/1.1 200 OK\r\nA: b\r\n\r\n'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n'],
    ['a length with a tab', 'HTTP/1.1 200 OK\r\nContent-Length: 1\t\r\n\r\n'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
    ['a length that is no safe integer', 'HTTP/1.1 200 OK\r\nContent-Length: 9007199254740993\r\n\r\n'],
    ['an empty length', 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\n'],
    ['a first line that is folded', 'HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 1\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n'],
    ['no colon', 'HTTP/1.1 200 OK\r\nContent-Length 1\r\n\r\n'],
    ['no name', 'HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 1\r\n\r\n'],
    ['a bare LF', 'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 1\r\n\r\n'],
    ['a bare CR', 'HTTP/1.1 200 OK\r\nA: b\rContent-Length: 1\r\n\r\n'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nA: b\0\r\nContent-Length: 1\r\n\r\n'],
    ['a DEL', 'HTTP/1.1 200 OK\r\nA: b\x7f\r\nContent-Length: 1\r\n\r\n'],
    ['a name beyond ASCII', 'HTTP/1.1 200 OK\r\n\xe4: b\r\nContent-Length: 1\r\n\r\n'],
    ['a name that every object has', 'HTTP/1.1 200 OK\r\n__proto__: b\r\nContent-Length: 1\r\n\r\n'],
    ['another such name', 'HTTP/1.1 200 OK\r\nConstructor: b\r\nContent-Length: 1\r\n\r\n'],
    ['an empty line before', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['lower case', 'http/1.1 200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['two spaces', 'HTTP/1.1  200 OK\r\nContent-Length: 1\r\n\r\n'],
    ['no space behind the status', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n'],
    ['an informational response', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nContent-Length: 1\r\n\r\n'],
    ['a status that does not exist', 'HTTP/1.1 600 Odd\r\nContent-Length: 1\r\n\r\n'],
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n'],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\n'],
    ['another Connection', 'HTTP/1.1 200 OK\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n'],
    ['two lines of Connection', 'HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: close\r\nContent-Length: 1\r\n\r\n'],
  ])('leaves %s to a complete parser', (_name, text) => {
    expect(readPlainHead(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});
