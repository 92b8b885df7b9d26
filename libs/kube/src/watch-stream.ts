import { type Clock, type Timer } from '@oci-connector/clock';
import { type KubeObject } from '@oci-connector/connector-api';
import { parseJsonObject } from '@oci-connector/http';
import { KubeApiError, KubeResponseError, type StatusBody } from './kube.errors';
import { type KubeStream } from './kube-transport';

/** One event of a watch. A BOOKMARK carries only `metadata.resourceVersion`. An ERROR is thrown, never delivered. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/**
 * The longest line of a watch. One line contains one object. An API server refuses requests of more than 3 MiB, and JSON escaping and the
 * fields that the server adds cannot double that.
 */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

export interface WatchStreamOptions {
  readonly clock: Clock;
  /** The time without data after which the watch counts as dead, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** For error messages. */
  readonly request: string;
}

/**
 * Yields the events of a watch until the server ends it.
 *
 * @throws KubeApiError for an ERROR event
 * @throws KubeResponseError when no data arrives (`WatchSilent`), the connection is lost (`ResponseIncomplete`), or a line is too long or
 *   not an event
 */
export async function* watchEvents<T extends KubeObject>(
  stream: KubeStream,
  options: WatchStreamOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const watchdog = new Watchdog(stream, options);
  try {
    for await (const line of lines(stream.body as AsyncIterable<Buffer>, options, () => watchdog.feed())) {
      yield parseEvent<T>(line, options.request);
    }
  } catch (error) {
    throw watchError(watchdog.error ?? error, options.request);
  } finally {
    watchdog.stop();
    stream.abort(new Error('the watch is over'));
  }
}

/** Ends a stream on which no data arrives. A dead peer sends no FIN, and the socket alone would wait forever. */
class Watchdog {
  error?: KubeResponseError;
  #timer?: Timer;

  constructor(
    private readonly stream: KubeStream,
    private readonly options: WatchStreamOptions,
  ) {
    this.feed();
  }

  feed(): void {
    this.#timer?.cancel();
    this.#timer = this.options.clock.setTimeout(() => {
      const { request, idleTimeoutMs } = this.options;
      this.error = new KubeResponseError('WatchSilent', `${request}: nothing arrived for ${idleTimeoutMs} ms`);
      this.stream.abort(this.error);
    }, this.options.idleTimeoutMs);
  }

  stop(): void {
    this.#timer?.cancel();
  }
}

const NEWLINE = 0x0a;

/** Splits at newlines before decoding: a character may be split between two chunks, but never contains a newline byte. */
async function* lines(
  body: AsyncIterable<Buffer>,
  { request }: WatchStreamOptions,
  onChunk: () => void,
): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    onChunk();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== '') {
        yield line;
      }
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > MAX_LINE_BYTES) {
      throw new KubeResponseError('ResponseTooLarge', `${request}: an event has more than ${MAX_LINE_BYTES} bytes`);
    }
  }
  if (size > 0) {
    throw new KubeResponseError('ResponseIncomplete', `${request}: the watch ended in the middle of an event`);
  }
}

const EVENT_TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

function parseEvent<T extends KubeObject>(line: string, request: string): WatchEvent<T> {
  const event = parseJsonObject(line);
  if (event?.type === 'ERROR') {
    const status = (event.object ?? {}) as StatusBody;
    throw new KubeApiError(status.code ?? 500, status, request);
  }
  if (!isEvent<T>(event)) {
    throw new KubeResponseError('ResponseInvalid', `${request}: a line of the watch is not an event`);
  }
  return event;
}

type MaybeEvent = { readonly type?: unknown; readonly object?: unknown } | undefined;

function isEvent<T extends KubeObject>(event: MaybeEvent): event is WatchEvent<T> {
  const object = event?.object as Partial<KubeObject> | null | undefined;
  return EVENT_TYPES.has(event?.type) && typeof object?.metadata?.resourceVersion === 'string';
}

function watchError(error: unknown, request: string): Error {
  if (error instanceof KubeApiError || error instanceof KubeResponseError) {
    return error;
  }
  return new KubeResponseError('ResponseIncomplete', `${request}: the connection of the watch was lost`, { cause: error });
}
