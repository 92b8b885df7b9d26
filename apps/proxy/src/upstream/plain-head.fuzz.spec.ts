import { isSame, mutated, randomNumbers, readByNode, TOKENS } from '../../test/mutated-heads';
import { readPlainHead } from './plain-head';

/** Whole heads, from which inputs are made. */
const CORPUS = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 11\r\nDocker-Content-Digest: sha256:ab\r\n\r\n',
  'HTTP/1.1 206 Partial Content\r\nServer: nginx\r\nContent-Range: bytes 0-10/20\r\nConnection: keep-alive\r\nContent-Length: 11\r\n\r\n',
  'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\nKeep-Alive: timeout=5\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nLink: </v2/a>; rel="next"\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\nUpgrade: h2c\r\n\r\n',
  'HTTP/1.0 200 OK\r\nProxy-Connection: keep-alive\r\nContent-Length: 1\r\n\r\n',
];

/** The same fields in the form of {@link readPlainHead}: values of several lines in a list. */
function grouped(fields: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    const before = headers[name];
    const value = fields[index + 1] ?? '';
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

const INPUTS = 1_000_000;

/** It takes some ten seconds; the limit only ends what hangs. */
const LIMIT_MS = 600_000;

/** Longer than every length in the corpus. */
const BODY = Buffer.from('0123456789'.repeat(1_000));

describe('readPlainHead and the parser of Node.js', () => {
  it(
    `read every head alike that readPlainHead accepts, of ${INPUTS} mutated ones`,
    () => {
      const random = randomNumbers(20_261_130);
      let accepted = 0;
      for (let input = 0; input < INPUTS; input++) {
        const text = mutated({ corpus: CORPUS, tokens: TOKENS }, random);
        const bytes = Buffer.from(text, 'latin1');
        const head = readPlainHead(bytes);
        if (!head || head.length > BODY.length) {
          continue;
        }
        accepted += 1;
        const message = Buffer.concat([bytes.subarray(0, head.bytes), BODY.subarray(0, head.length)]);
        const reading = readByNode('RESPONSE', message);
        const expected = {
          failed: false,
          version: '1.1',
          status: head.status,
          headers: head.headers,
          isUpgrade: false,
          bodyBytes: head.length,
          messages: 1,
          isKept: head.keepAliveMs > 0 || reading.isKept,
        };
        const { fields, ...rest } = reading;
        const found = { ...rest, headers: grouped(fields) };
        if (!isSame(found, expected)) {
          throw new Error(`${JSON.stringify(text)}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
        }
      }
      // Otherwise the test would compare nothing.
      expect(accepted).toBeGreaterThan(INPUTS / 20);
      process.stdout.write(`${INPUTS} heads, ${accepted} of them plain, no difference\n`);
    },
    LIMIT_MS,
  );
});
