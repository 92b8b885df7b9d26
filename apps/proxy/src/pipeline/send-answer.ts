import { type RewrittenResponse } from '../protocols/protocol';
import { closeLingering } from '../transport/lingering-close';
import { type UpstreamAnswer } from '../transport/upstream-transport';
import { type ClientExchange } from './proxy-exchange';

/** Sends the upstream's answer to the client; resolves when its last byte was handed to the socket. */
export function sendAnswer(client: ClientExchange, answer: UpstreamAnswer, rewritten: RewrittenResponse): Promise<void> {
  const { response } = client;
  const headers = presentHeaders(rewritten);
  if (answer.early) {
    // Bytes of the body that nobody will read are still on their way: the connection is of no more use (RFC 9112 §9.6).
    headers['connection'] = 'close';
    if (response.socket) closeLingering(response.socket);
  }
  if (rewritten.body) return sendTransformed(client, answer, { headers, body: rewritten.body });
  response.writeHead(answer.status, headers);
  return answer.pipeTo(response);
}

interface Transformed {
  readonly headers: Record<string, string | string[]>;
  readonly body: NonNullable<RewrittenResponse['body']>;
}

async function sendTransformed({ response, transfer }: ClientExchange, answer: UpstreamAnswer, { headers, body }: Transformed): Promise<void> {
  const content = body.transform(await answer.readAll(body.maxBytes));
  response.writeHead(answer.status, { ...headers, 'content-length': String(content.length) });
  transfer.sent(content.length);
  response.end(content);
}

function presentHeaders({ headers }: RewrittenResponse): Record<string, string | string[]> {
  const present: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) present[name] = value;
  }
  return present;
}
