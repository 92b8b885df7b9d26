import { isSame, mutated, randomNumbers, readByNode, TOKENS } from '../../test/mutated-heads';
import { readPlainRequest } from './plain-request';

/** Whole heads, from which inputs are made. */
const CORPUS = [
  'GET /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: proxy.example:8080\r\nAuthorization: Basic YTpi\r\nAccept: a/b, c/d;q=0.5\r\n\r\n',
  'HEAD /v2/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nUser-Agent: containerd/2.0\r\n\r\n',
  'GET /v2/a/blobs/sha256:ab?x=%20y HTTP/1.1\r\nhost: [::1]:80\r\nconnection: close\r\nRange: bytes=0-\r\n\r\n',
  'PUT /v2/a/manifests/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n',
  'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
  'GET /v2/a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n',
  'GET http://x/v2/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /v2/ HTTP/1.0\r\nHost: x\r\n\r\n',
];

/** What is inserted into a head of a request, besides {@link TOKENS}. */
const REQUEST_TOKENS = [
  'GET / HTTP/1.1\r\n',
  ' HTTP/1.1',
  'Host: y\r\n',
  'Expect: 100-continue\r\n',
  'Proxy-Connection: close\r\n',
  'Set-Cookie: a\r\n',
  'Accept: a\r\n',
  '#',
  '//',
  '*',
];

const INPUTS = 1_000_000;

/** It takes some ten seconds; the limit only ends what hangs. */
const LIMIT_MS = 600_000;

describe('readPlainRequest and the parser of Node.js', () => {
  it(
    `read every head alike that readPlainRequest accepts, of ${INPUTS} mutated ones`,
    () => {
      const random = randomNumbers(20_261_201);
      const parts = { corpus: CORPUS, tokens: [...TOKENS, ...REQUEST_TOKENS] };
      let accepted = 0;
      for (let input = 0; input < INPUTS; input++) {
        const text = mutated(parts, random);
        const head = readPlainRequest(Buffer.from(text, 'latin1'));
        if (!head) {
          continue;
        }
        accepted += 1;
        const expected = {
          failed: false,
          version: '1.1',
          method: head.method,
          url: head.url,
          fields: head.rawHeaders,
          isUpgrade: false,
          isKept: head.keepAlive,
          bodyBytes: 0,
          messages: 1,
        };
        const found = readByNode('REQUEST', Buffer.from(text.slice(0, head.bytes), 'latin1'));
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
