import { visibleLine } from '@oci-connector/sensitive';

import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * Fields that are redacted if they are ever logged by mistake, at any depth that log lines have. They must not be logged in the first
 * place: secrets are `Sensitive` values, which print as `[redacted]` by themselves.
 */
const REDACTED_FIELDS = new Set(['authorization', 'password', 'token', 'cookie', 'headers', 'body', 'query', 'url']);

const MAX_DEPTH = 3;

/**
 * Redacts the fields above. pino's own redaction takes a twentieth of a data plane's time, because it visits wildcard paths for every
 * line. Log lines here are flat, so this loop compares a few names, and copies only if it finds one.
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
  // Objects of other classes (errors, Sensitive) have their own output.
  return Object.getPrototypeOf(value) === Object.prototype ? redactFields(value as Record<string, unknown>, depth + 1) : value;
}

/** Longest message of an error in a line, in characters. A message may contain text that a registry chose, such as the host of a redirect. */
const MAX_ERROR_MESSAGE = 2_048;

/** Returns class, code, message and stack of an error and of its causes. Other properties may contain headers or bodies. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return { message: shortened(String(error)) };
  }
  const code: unknown = (error as { code?: unknown }).code;
  const message = shortened(error.message);
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message,
    // The stack begins with the message.
    stack: message === error.message ? error.stack : error.stack?.replace(error.message, () => message),
    ...(error.cause !== undefined && { cause: serializeError(error.cause) }),
  };
}

function shortened(message: string): string {
  return message.length > MAX_ERROR_MESSAGE ? `${message.slice(0, MAX_ERROR_MESSAGE)}…` : message;
}

/**
 * Size of a batch of lines in bytes, which is the size of a pipe on Linux (pipe(7)). A write for each line would cost a data plane more
 * than creating the line, and would wake a thread of the pool each time.
 */
const BATCH_SIZE = 64 * 1024;

/** Most bytes of UTF-8 for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

/** Longest time in milliseconds until a line is written. */
const MAX_DELAY = 200;

/** Most bytes that wait if nothing reads standard output. Further lines are dropped, so that memory does not grow. */
const MAX_WAITING = 16 * 1024 * 1024;

/** The stream with this content mode writes bytes, which pino's types do not declare. */
interface ByteStream {
  write(bytes: Buffer): boolean;
  flush(done: () => void): void;
  flushSync(): void;
}

/**
 * Returns a stream to standard output that writes in batches and does not block. The rest is written at exit. The batches are built
 * here, as bytes: the stream itself would measure all waiting text with every line, and every garbage collection would visit a text
 * that consists of thousands of pieces until it is written. There is no `flushSync`, because the rest must not be written at a fatal
 * line: if the reader is slow, an earlier write is still in progress, and the lines of both writes would mix.
 */
function standardOutput(): DestinationStream & { flush(done: () => void): void } {
  // Without a minimum length, `flush` of the stream would not wait.
  const stream = pino.destination({
    fd: 1,
    sync: false,
    minLength: 1,
    maxLength: MAX_WAITING,
    contentMode: 'buffer',
  }) as unknown as ByteStream;
  const batch = Buffer.allocUnsafeSlow(BATCH_SIZE);
  let used = 0;
  const writeBatch = (): void => {
    if (used > 0) {
      stream.write(Buffer.from(batch.subarray(0, used)));
    }
    used = 0;
  };
  setInterval(writeBatch, MAX_DELAY).unref();
  // For a program that ends by itself: runs before the listener of the stream, which closes the stream.
  process.prependListener('beforeExit', writeBatch);
  process.on('exit', () => {
    if (used === 0) {
      return;
    }
    writeBatch();
    stream.flushSync();
  });
  return {
    write: (line) => {
      const most = line.length * MAX_BYTES_PER_UNIT;
      if (used + most > BATCH_SIZE) {
        writeBatch();
      }
      if (most > BATCH_SIZE) {
        stream.write(Buffer.from(line));
      } else {
        used += batch.write(line, used);
      }
    },
    flush: (done) => {
      writeBatch();
      stream.flush(done);
    },
  };
}

/** Returns a function that formats the time once for each millisecond, not for each line. */
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

/** Escapes invisible and misleading characters of foreign text in lines. It wraps the stream, because pino does not create all lines. */
function visibly(stream: DestinationStream & { flush?(done: () => void): void }): DestinationStream {
  return { write: (line) => stream.write(visibleLine(line)), ...(stream.flush && { flush: (done: () => void) => stream.flush?.(done) }) };
}

/** Creates the logger of a program. It writes one JSON object for each line to standard output, with the time in ISO 8601. */
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
