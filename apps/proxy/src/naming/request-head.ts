import { type IncomingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';

/** The head of a client's request, as `IncomingMessage` of `node:http` presents it. */
export interface RequestHead {
  readonly method?: string;
  /** The request target (RFC 9112 §3.2). */
  url?: string;
  readonly httpVersion: string;
  headers: IncomingHttpHeaders;
  /** Names and values alternately, as they were sent. */
  rawHeaders: string[];
  readonly socket: Socket;
}
