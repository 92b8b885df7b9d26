import { ChunkedFraming, LengthFraming } from './body-framing';

/** Returns what a chunked body is sent as when it arrives in pieces of a size, and what follows it. */
function read(text: string, size: number): { sent: string; content: number; rest?: string } {
  const framing = new ChunkedFraming();
  let sent = '';
  let content = 0;
  for (let at = 0; at < text.length; at += size) {
    const framed = framing.read(Buffer.from(text.slice(at, at + size), 'latin1'));
    sent += (framed.before?.toString('latin1') ?? '') + framed.body.toString('latin1');
    content += framed.content;
    if (framed.rest) {
      return { sent, content, rest: framed.rest.toString('latin1') + text.slice(at + size) };
    }
  }
  return { sent, content };
}

const SIZES = [1, 2, 3, 4, 5, 7, 11, 1000];

describe('ChunkedFraming', () => {
  it.each([
    ['chunks', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', 11],
    ['no content', '0\r\n\r\n', '0\r\n\r\n', 0],
    ['upper case and zeros', '00A\r\n0123456789\r\n000\r\n\r\n', 'a\r\n0123456789\r\n0\r\n\r\n', 10],
    ['many zeros', `${'0'.repeat(30)}5\r\nhello\r\n${'0'.repeat(30)}\r\n\r\n`, '5\r\nhello\r\n0\r\n\r\n', 5],
    ['extensions', '5;a=b;c="d"\r\nhello\r\n1;x\r\n!\r\n0;last\r\n\r\n', '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', 6],
    ['trailers', '2\r\nhi\r\n0\r\nA: b\r\nDigest: sha-256=x\r\n\r\n', '2\r\nhi\r\n0\r\n\r\n', 2],
    ['data that looks like chunks', 'c\r\n0\r\n\r\n0\r\n\r\n5\r\r\n0\r\n\r\n', 'c\r\n0\r\n\r\n0\r\n\r\n5\r\r\n0\r\n\r\n', 12],
  ])('sends %s in the shortest form, in whatever pieces they arrive', (_name, text, sent, content) => {
    for (const size of SIZES) {
      expect(read(text, size)).toEqual({ sent, content, rest: '' });
      expect(read(`${text}GET / HTTP/1.1\r\n`, size)).toEqual({ sent, content, rest: 'GET / HTTP/1.1\r\n' });
    }
  });

  it('keeps the data of random chunks', () => {
    for (let round = 0; round < 500; round++) {
      const chunks = Array.from({ length: random(6) }, () => 'x'.repeat(1 + random(40)));
      const lines = chunks.map((data) => `${'0'.repeat(random(3))}${data.length.toString(16)}${';e'.repeat(random(3))}\r\n${data}\r\n`);
      const text = `${lines.join('')}0\r\n\r\n`;
      const sent = `${chunks.map((data) => `${data.length.toString(16)}\r\n${data}\r\n`).join('')}0\r\n\r\n`;
      expect(read(text, 1 + random(30)).sent).toBe(sent);
    }
  });

  it('accepts an extension of each chunk, of any number of chunks', () => {
    const chunks = 5_000;
    expect(read(`${'1;signature=abcdefgh\r\nx\r\n'.repeat(chunks)}0\r\n\r\n`, 1000)).toMatchObject({ content: chunks, rest: '' });
  });

  it.each([
    ['no digit', '\r\n'],
    ['a space before the size', ' 5\r\nhello\r\n'],
    ['a space behind the size', '5 \r\nhello\r\n'],
    ['a sign', '+5\r\nhello\r\n'],
    ['0x', '0x5\r\nhello\r\n'],
    ['a bare LF', '5\nhello\r\n'],
    ['a bare CR', '5\rhello\r\n'],
    ['too much data', '5\r\nhello!\r\n'],
    ['too little data', '5\r\nhell\r\n0\r\n\r\n'],
    ['a bare LF behind the data', '5\r\nhello\n0\r\n\r\n'],
    ['a size that no number can hold', `${'f'.repeat(14)}\r\n`],
    ['a bare LF in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
    ['NUL in an extension', '5;a\0b\r\nhello\r\n'],
    ['a bare LF in a trailer', '0\r\nA: b\nC: d\r\n\r\n'],
    ['a bare CR behind the last chunk', '0\r\n\rX'],
    ['a Content-Length among the trailers', '0\r\nA: b\r\nContent-Length: 3\r\n\r\n'],
    ['a Transfer-Encoding among the trailers', '0\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a trailer without a name', '0\r\n: b\r\n\r\n'],
    ['a folded trailer', '0\r\nA: b\r\n c\r\n\r\n'],
    ['too long extensions', `5;${'a'.repeat(17 * 1024)}\r\nhello\r\n`],
    ['too many zeros', `${'0'.repeat(17 * 1024)}5\r\nhello\r\n`],
    ['too many trailers', `0\r\n${'A: b\r\n'.repeat(5 * 1024)}\r\n`],
  ])('refuses %s', (_name, text) => {
    for (const size of SIZES) {
      expect(() => read(text, size)).toThrow('the request body is not valid');
    }
  });
});

describe('LengthFraming', () => {
  it('ends after the length', () => {
    const framing = new LengthFraming(8);
    expect(framing.read(Buffer.from('hello'))).toEqual({ body: Buffer.from('hello'), content: 5, rest: undefined });
    expect(framing.read(Buffer.from('abcdef'))).toEqual({ body: Buffer.from('abc'), content: 3, rest: Buffer.from('def') });
  });
});

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
