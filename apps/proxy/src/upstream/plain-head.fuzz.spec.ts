import { isNativeError } from 'node:util/types';
import { readPlainHead } from './plain-head';

/** The part of the parser of Node.js that this file uses. */
interface NodeParser {
  [callback: number]: (...values: never[]) => unknown;
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer): number | Error;
}

interface NodeParserClass {
  new (): NodeParser;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser } = jest.requireActual<{ HTTPParser: NodeParserClass }>('_http_common');

/** What the parser of Node.js makes of bytes. */
interface Reading {
  failed: boolean;
  status: number;
  /** Names and values alternately. */
  fields: string[];
  isUpgrade: boolean;
  isKept: boolean;
  bodyBytes: number;
  /** Number of complete messages. */
  messages: number;
}

/** Used for all inputs: Node.js frees a parser only when it is told to. */
const parser = new HTTPParser();

function readByNode(bytes: Buffer): Reading {
  const reading: Reading = { failed: false, status: 0, fields: [], isUpgrade: false, isKept: false, bodyBytes: 0, messages: 0 };
  parser.initialize(HTTPParser.RESPONSE, {}, 64 * 1024, 0);
  parser[HTTPParser.kOnHeaders] = (fields: string[]) => void reading.fields.push(...fields);
  parser[HTTPParser.kOnHeadersComplete] = (
    ...[, , fields, , , status, , isUpgrade, isKept]: [0, 0, string[] | undefined, 0, 0, number, 0, boolean, boolean]
  ) => {
    if (reading.messages === 0) {
      reading.fields.push(...(fields ?? []));
      Object.assign(reading, { status, isUpgrade, isKept });
    }
    return 0;
  };
  parser[HTTPParser.kOnBody] = (piece: Buffer) => void (reading.bodyBytes += piece.length);
  parser[HTTPParser.kOnMessageComplete] = () => void (reading.messages += 1);
  reading.failed = isNativeError(parser.execute(bytes));
  return reading;
}

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

/** What is inserted into a head. */
const TOKENS = [
  '\r',
  '\n',
  '\r\n',
  '\r\n ',
  '\r\n\t',
  '\n\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '=',
  '\x7f',
  '\x80',
  '\xff',
  '\xa0',
  '\x0b',
  '\x0c',
  '0',
  '1',
  '-',
  '+',
  'x',
  'Content-Length: 5\r\n',
  'content-length:5\r\n',
  'Content-Length : 5\r\n',
  'Content_Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding:\tidentity\r\n',
  'Connection: upgrade\r\n',
  'Connection: keep-alive, close\r\n',
  'Connection: Close\r\n',
  'Upgrade: websocket\r\n',
  'Trailer: a\r\n',
  '__proto__: a\r\n',
  'HTTP/1.1 200 OK\r\n',
  '100',
  '101',
  '304',
];

/** Deterministic, so that a failure can be repeated (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutated(random: (below: number) => number): string {
  let text = CORPUS[random(CORPUS.length)] ?? '';
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(text.length + 1);
    const removed = random(3) === 0 ? random(4) : 0;
    const token = random(8) === 0 ? String.fromCharCode(random(256)) : (TOKENS[random(TOKENS.length)] ?? '');
    text = text.slice(0, at) + (random(4) === 0 ? '' : token) + text.slice(at + removed);
  }
  return text;
}

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
        const text = mutated(random);
        const bytes = Buffer.from(text, 'latin1');
        const head = readPlainHead(bytes);
        if (!head || head.length > BODY.length) {
          continue;
        }
        accepted += 1;
        const message = Buffer.concat([bytes.subarray(0, head.bytes), BODY.subarray(0, head.length)]);
        const reading = readByNode(message);
        const expected = {
          failed: false,
          status: head.status,
          headers: head.headers,
          isUpgrade: false,
          bodyBytes: head.length,
          messages: 1,
          isKept: head.keepAliveMs > 0 || reading.isKept,
        };
        const { fields, ...rest } = reading;
        const found = { ...rest, headers: grouped(fields) };
        if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(expected))) {
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

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}
