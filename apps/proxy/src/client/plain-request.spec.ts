import { readPlainRequest } from './plain-request';

const HOST = 'Host: x\r\n';
const read = (text: string): ReturnType<typeof readPlainRequest> => readPlainRequest(Buffer.from(text, 'latin1'));

describe('readPlainRequest', () => {
  it('reads the head of a request, and says where the next one begins', () => {
    const head = 'GET /v2/a?b=%20 HTTP/1.1\r\nHost: x:80\r\nAccept:\ta/b, c \r\nX:\r\n\r\n';
    expect(read(`${head}HEAD / HTTP/1.1\r\n`)).toEqual({
      method: 'GET',
      url: '/v2/a?b=%20',
      headers: { host: 'x:80', accept: 'a/b, c', x: '' },
      rawHeaders: ['Host', 'x:80', 'Accept', 'a/b, c', 'X', ''],
      keepAlive: true,
      bytes: head.length,
    });
  });

  it.each([
    ['', true],
    ['Connection: keep-alive\r\n', true],
    ['connection:Keep-Alive \r\n', true],
    ['Connection: close\r\n', false],
    ['CONNECTION: CLOSE\r\n', false],
  ])('with %j, the connection is kept: %s', (line, keepAlive) => {
    expect(read(`HEAD / HTTP/1.1\r\n${HOST}${line}\r\n`)).toMatchObject({ method: 'HEAD', keepAlive });
  });

  it.each([
    ['nothing', ''],
    ['an incomplete head', `GET / HTTP/1.1\r\n${HOST}`],
    ['an empty line before', `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`],
    ['another method', `DELETE / HTTP/1.1\r\n${HOST}\r\n`],
    ['a method in lower case', `get / HTTP/1.1\r\n${HOST}\r\n`],
    ['another version', `GET / HTTP/1.0\r\n${HOST}\r\n`],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no version', `GET /\r\n${HOST}\r\n`],
    ['an absolute URL', `GET http://x/ HTTP/1.1\r\n${HOST}\r\n`],
    ['an authority', `CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`],
    ['two spaces', `GET  / HTTP/1.1\r\n${HOST}\r\n`],
    ['a space at the end', `GET / HTTP/1.1 \r\n${HOST}\r\n`],
    ['a fragment', `GET /#a HTTP/1.1\r\n${HOST}\r\n`],
    ['a control character in the path', `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`],
    ['a path beyond ASCII', `GET /\xe4 HTTP/1.1\r\n${HOST}\r\n`],
    ['a header twice', `GET / HTTP/1.1\r\n${HOST}host: y\r\n\r\n`],
    ['a length', `GET / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`],
    ['chunks', `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`],
    ['trailers', `GET / HTTP/1.1\r\n${HOST}Trailer: a\r\n\r\n`],
    ['an expectation', `GET / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n\r\n`],
    ['an upgrade', `GET / HTTP/1.1\r\n${HOST}Upgrade: websocket\r\n\r\n`],
    ['another connection option', `GET / HTTP/1.1\r\n${HOST}Connection: keep-alive, x\r\n\r\n`],
    ['an empty Connection', `GET / HTTP/1.1\r\n${HOST}Connection:\r\n\r\n`],
    ['a tab around a connection option', `GET / HTTP/1.1\r\n${HOST}Connection: close\t\r\n\r\n`],
    ['Proxy-Connection', `GET / HTTP/1.1\r\n${HOST}Proxy-Connection: close\r\n\r\n`],
    ['Set-Cookie', `GET / HTTP/1.1\r\n${HOST}Set-Cookie: a\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${HOST} y\r\n\r\n`],
    ['a space before the colon', `GET / HTTP/1.1\r\nHost : x\r\n\r\n`],
    ['a bare LF', `GET / HTTP/1.1\nHost: x\r\n\r\n`],
    ['a bare CR', `GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n`],
    ['a NUL', `GET / HTTP/1.1\r\nHost: x\0\r\n\r\n`],
    ['a name that every object has', `GET / HTTP/1.1\r\n${HOST}__proto__: a\r\n\r\n`],
  ])('leaves %s to a complete parser', (_name, text) => {
    expect(read(text)).toBeUndefined();
  });
});
