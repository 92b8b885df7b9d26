import { type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';
import { type Writable } from 'node:stream';

/** The answer to a client as the pipeline fills it: a head, a body, and the connection below. `ServerResponse` of `node:http` is one. */
export interface ClientSink extends Writable {
  /** @param headers an array has names and values in turns */
  writeHead(status: number, headers: OutgoingHttpHeaders | OutgoingHttpHeader[]): unknown;
  /** Null while an earlier answer is on its way on the same connection, and when the connection is gone. */
  readonly socket: Socket | null;
}
