import { type OutgoingHttpHeader } from 'node:http';
import { closeLingering } from '../client/lingering-close';
import { sendBody } from '../client/send-body';
import { type RewrittenResponse } from '../protocols/protocol';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { type ClientExchange } from './proxy-exchange';

/** Sends the upstream's response to the client. Resolves when the last byte was passed to the client's stream. */
export function sendResponse(client: ClientExchange, upstreamResponse: UpstreamResponse, rewritten: RewrittenResponse): Promise<void> {
  const { response: sink, transfer } = client;
  const headers = presentHeaders(rewritten);
  if (upstreamResponse.early || client.body?.isComplete === false) {
    // The rest of the request body still arrives and is not read, so the connection cannot be reused (RFC 9112 §9.6).
    headers.push('connection', 'close');
    sink.shouldKeepAlive = false;
    if (sink.socket) {
      closeLingering(sink.socket);
    }
  }
  sink.writeHead(upstreamResponse.status, headers);
  const hasLength = rewritten.body === undefined && rewritten.headers['content-length'] !== undefined;
  return sendBody(upstreamResponse, { sink, transfer, hasLength, rewrite: rewritten.body });
}

/**
 * Returns header names and values alternately, as `writeHead` expects them. Omits the Content-Length of a rewritten body, whose length
 * differs from the upstream's (rule C8).
 */
function presentHeaders({ headers, body }: RewrittenResponse): OutgoingHttpHeader[] {
  const present: OutgoingHttpHeader[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !(body && name === 'content-length')) {
      present.push(name, value);
    }
  }
  return present;
}
