import { type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';

/** The response to a client, as the pipeline writes it. `ServerResponse` of `node:http` implements it. */
export interface ClientSink {
  /** @param headers an array contains names and values alternately */
  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): unknown;
  /**
   * @param encoding of a text
   * @param done called when the operating system has the bytes
   * @returns whether to write more before the event `drain`
   */
  write(piece: Uint8Array, done?: () => void): boolean;
  write(piece: string, encoding: 'latin1'): boolean;
  end(piece?: Uint8Array | string): unknown;
  /** Whether the connection stays open after the response. */
  shouldKeepAlive: boolean;
  /** Null while an earlier response is being sent on the same connection, and after the connection has closed. */
  readonly socket: Socket | null;
  /** What the operating system does not have yet, in bytes. */
  readonly writableLength: number;
  readonly destroyed: boolean;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** A response, as {@link ServeRequest} begins and ends it. `ServerResponse` of `node:http` implements it. */
export interface ClientResponse extends ClientSink {
  readonly req: { readonly method?: string; readonly complete: boolean };
  statusCode: number;
  statusMessage: string;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  setHeader(name: string, value: string): unknown;
  setTimeout(ms: number, timedOut: () => void): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close', listener: () => void): unknown;
  once(event: 'prefinish' | 'finish' | 'close', listener: () => void): unknown;
  once(event: 'socket', listener: (socket: Socket) => void): unknown;
}
