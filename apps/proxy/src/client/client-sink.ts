import { type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';
import { type Writable } from 'node:stream';

/** The response to a client, as the pipeline writes it. `ServerResponse` of `node:http` implements it. */
export interface ClientSink extends Writable {
  /** @param headers an array contains names and values alternately */
  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): unknown;
  /** Whether the connection stays open after the response. */
  shouldKeepAlive: boolean;
  /** Null while an earlier response is being sent on the same connection, and after the connection has closed. */
  readonly socket: Socket | null;
}
