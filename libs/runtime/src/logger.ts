import { visibleLine } from '@oci-connector/sensitive';

import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * Fields that are blotted out should one ever be logged by mistake, at any depth that a log line of ours has. The rule
 * stays that they are not logged at all: secrets are `Sensitive` values, which print as `[redacted]` by themselves.
 */
const REDACTED_FIELDS = new Set(['authorization', 'password', 'token', 'cookie', 'headers', 'body', 'query', 'url']);

const MAX_DEPTH = 3;

/**
 * pino's own redaction costs a data plane a twentieth of its time, because it visits wildcard paths for every line. Ours
 * are flat, so this loop looks at a few names and copies nothing unless it finds one.
 */
function redactFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let redacted: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value = fields[name];
    const clean = REDACTED_FIELDS.has(name) ? '[redacted]' : redactValue(value, depth);
    if (clean !== value) {
      (redacted ??= { ...fields })[name] = clean;
    }
  }
  return redacted ?? fields;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) {
    return value;
  }
  // Other classes (errors, Sensitive) know how to print themselves.
  return Object.getPrototypeOf(value) === Object.prototype ? redactFields(value as Record<string, unknown>, depth + 1) : value;
}

/** Of an error: its class, code, message and stack, and those of its causes. Other properties may carry headers or bodies. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return { message: String(error) };
  }
  const code: unknown = (error as { code?: unknown }).code;
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
  };
}

/**
 * Lines are collected up to this size, that of a pipe on Linux (pipe(7)): a write for each line would cost a data plane
 * more than to make the line, and each wakes a thread of the pool. In bytes.
 */
const BATCH_SIZE = 64 * 1024;

/** Most bytes of UTF-8 for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

/** No line waits longer than this to be written. In milliseconds. */
const MAX_DELAY = 200;

/** Lines that wait because nobody reads standard output; what comes beyond is dropped, rather than memory grow. In bytes. */
const MAX_WAITING = 16 * 1024 * 1024;

/** What pino's types do not say: with this content mode it is bytes that are written. */
interface ByteStream {
  write(bytes: Buffer): boolean;
  flush(done: () => void): void;
  flushSync(): void;
}

/**
 * Standard output, written in batches and without waiting for it; the rest at exit. The batches are made here, as bytes, because
 * the stream would measure all that waits with every line, and a text that is put together of thousands of pieces is carried along by
 * every garbage collection until it is written. The rest must not be written at a fatal line,
 * which is why there is no `flushSync`: where nobody reads fast enough, a write is still on its way, and lines of the two would mix.
 */
function standardOutput(): DestinationStream & { flush(done: () => void): void } {
  // With no least length the stream would not wait in `flush`.
  const stream = pino.destination({
    fd: 1,
    sync: false,
    minLength: 1,
    maxLength: MAX_WAITING,
    contentMode: 'buffer',
  }) as unknown as ByteStream;
  const batch = Buffer.allocUnsafeSlow(BATCH_SIZE);
  let used = 0;
  const handOver = (): void => {
    if (used > 0) {
      stream.write(Buffer.from(batch.subarray(0, used)));
    }
    used = 0;
  };
  setInterval(handOver, MAX_DELAY).unref();
  // A program that ends by itself: before the listener of the stream, which closes it.
  process.prependListener('beforeExit', handOver);
  process.on('exit', () => {
    if (used === 0) {
      return;
    }
    handOver();
    stream.flushSync();
  });
  return {
    write: (line) => {
      const most = line.length * MAX_BYTES_PER_UNIT;
      if (used + most > BATCH_SIZE) {
        handOver();
      }
      if (most > BATCH_SIZE) {
        stream.write(Buffer.from(line));
      } else {
        used += batch.write(line, used);
      }
    },
    flush: (done) => {
      handOver();
      stream.flush(done);
    },
  };
}

/** Formatted once for each millisecond, not for each line. */
function timestamps(): () => string {
  let at = NaN;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    at = now;
    return text;
  };
}

/** Lines hold names and words of others; a terminal must show what they are. Here, because not every line is made by pino. */
function visibly(stream: DestinationStream & { flush?(done: () => void): void }): DestinationStream {
  return { write: (line) => stream.write(visibleLine(line)), ...(stream.flush && { flush: (done: () => void) => stream.flush?.(done) }) };
}

/** The logger of a program: one JSON object a line on standard output, time in ISO 8601. */
export function createLogger(options: { name: string; level: string; destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level,
    base: { program: options.name },
    timestamp: timestamps(),
    formatters: { level: (label: string) => ({ level: label }), log: (fields: Record<string, unknown>) => redactFields(fields) },
    serializers: { err: serializeError, error: serializeError },
  };
  return pino(settings, visibly(options.destination ?? standardOutput()));
}
