import { isNativeError } from 'node:util/types';

/** The part of the parser of Node.js that this file uses. */
interface NodeParser {
  [callback: number]: (...values: never[]) => unknown;
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void;
  execute(bytes: Buffer): number | Error;
}

interface NodeParserClass {
  new (): NodeParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

const { HTTPParser, methods } = jest.requireActual<{ HTTPParser: NodeParserClass; methods: readonly string[] }>('_http_common');

/** What the parser of Node.js makes of bytes: of the first message, if there are several. */
export interface Reading {
  failed: boolean;
  /** Of a request. */
  method?: string;
  url?: string;
  /** Of a response. */
  status?: number;
  version: string;
  /** Names and values alternately. */
  fields: string[];
  isUpgrade: boolean;
  isKept: boolean;
  bodyBytes: number;
  /** Number of complete messages. */
  messages: number;
}

type HeadersComplete = [number, number, string[] | undefined, number | undefined, string, number | undefined, string, boolean, boolean];

/** Used for all inputs: Node.js frees a parser only when it is told to. */
const parser = new HTTPParser();

export function readByNode(kind: 'REQUEST' | 'RESPONSE', bytes: Buffer): Reading {
  const reading: Reading = { failed: false, version: '', fields: [], isUpgrade: false, isKept: false, bodyBytes: 0, messages: 0 };
  let lateUrl = '';
  parser.initialize(HTTPParser[kind], {}, 64 * 1024, 0);
  parser[HTTPParser.kOnHeaders] = (fields: string[], url: string) => {
    reading.fields.push(...fields);
    lateUrl += url;
  };
  parser[HTTPParser.kOnHeadersComplete] = (...values: HeadersComplete) => {
    const [major, minor, fields, method, url, status, , isUpgrade, isKept] = values;
    if (reading.messages === 0) {
      reading.fields.push(...(fields ?? []));
      Object.assign(reading, { version: `${major}.${minor}`, isUpgrade, isKept });
      Object.assign(reading, kind === 'REQUEST' ? { method: methods[method ?? 0], url: lateUrl || url } : { status });
    }
    return 0;
  };
  parser[HTTPParser.kOnBody] = (piece: Buffer) => void (reading.bodyBytes += piece.length);
  parser[HTTPParser.kOnMessageComplete] = () => void (reading.messages += 1);
  reading.failed = isNativeError(parser.execute(bytes));
  return reading;
}

/** Deterministic, so that a failure can be repeated (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Parts of heads, from which inputs are made. */
export interface HeadParts {
  /** Whole heads. */
  readonly corpus: readonly string[];
  /** What is inserted into a head. */
  readonly tokens: readonly string[];
}

/** Tokens for heads of both kinds. */
export const TOKENS = [
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

/** Returns a head with a few changes. */
export function mutated({ corpus, tokens }: HeadParts, random: (below: number) => number): string {
  let text = corpus[random(corpus.length)] ?? '';
  for (let changes = random(4); changes > 0; changes--) {
    const at = random(text.length + 1);
    const removed = random(3) === 0 ? random(4) : 0;
    const token = random(8) === 0 ? String.fromCharCode(random(256)) : (tokens[random(tokens.length)] ?? '');
    text = text.slice(0, at) + (random(4) === 0 ? '' : token) + text.slice(at + removed);
  }
  return text;
}

/** Compares the properties of two objects in any order. */
export function isSame(one: object, other: object): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
}
