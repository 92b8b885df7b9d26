import { type OutgoingHttpHeader } from 'node:http';
import { type RewrittenResponse } from '../protocols/protocol';
import { closeLingering } from '../transport/lingering-close';
import { type UpstreamResponse } from '../transport/upstream-transport';
import { type ClientExchange } from './proxy-exchange';

/** Sends the upstream's response to the client; resolves when its last byte was handed to the socket; undefined if all of it goes out at the end of this turn. */
export function sendResponse(client: ClientExchange, upstreamResponse: UpstreamResponse, rewritten: RewrittenResponse): Promise<void> | undefined {
  const { response } = client;
  const headers = presentHeaders(rewritten);
  if (upstreamResponse.early) {
    // Bytes of the body that nobody will read are still on their way: the connection is of no more use (RFC 9112 §9.6).
    headers.push('connection', 'close');
    if (response.socket) closeLingering(response.socket);
  }
  if (rewritten.body) return sendTransformed(client, upstreamResponse, { headers, body: rewritten.body });
  response.writeHead(upstreamResponse.status, headers);
  return upstreamResponse.pipeTo(response);
}

interface Transformed {
  readonly headers: OutgoingHttpHeader[];
  readonly body: NonNullable<RewrittenResponse['body']>;
}

async function sendTransformed({ response, transfer }: ClientExchange, upstreamResponse: UpstreamResponse, { headers, body }: Transformed): Promise<void> {
  const content = body.transform(await upstreamResponse.readAll(body.maxBytes));
  response.writeHead(upstreamResponse.status, [...headers, 'content-length', String(content.length)]);
  transfer.sent(content.length);
  response.end(content);
}

/** Names and values in turns, as `writeHead` takes them. The length of a body that is changed is not the upstream's (rule C8). */
function presentHeaders({ headers, body }: RewrittenResponse): OutgoingHttpHeader[] {
  const present: OutgoingHttpHeader[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !(body && name === 'content-length')) present.push(name, value);
  }
  return present;
}
