import { once } from 'node:events';
import { type OutgoingHttpHeader } from 'node:http';
import { type Duplex } from 'node:stream';
import { type RewrittenResponse } from '../protocols/protocol';
import { closeLingering } from '../client/lingering-close';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { type ClientExchange } from './proxy-exchange';

/** Sends the upstream's response to the client; resolves when its last byte was handed to the socket; undefined if all of it goes out at the end of this turn. */
export function sendResponse(
  client: ClientExchange,
  upstreamResponse: UpstreamResponse,
  rewritten: RewrittenResponse,
): Promise<void> | undefined {
  const { response } = client;
  const headers = presentHeaders(rewritten);
  if (upstreamResponse.early) {
    // Bytes of the body that nobody will read are still on their way: the connection is of no more use (RFC 9112 §9.6).
    headers.push('connection', 'close');
    if (response.socket) {
      closeLingering(response.socket);
    }
  }
  response.writeHead(upstreamResponse.status, headers);
  return rewritten.body ? sendRewritten(client, upstreamResponse, rewritten.body()) : upstreamResponse.pipeTo(response);
}

/** Through the change to the client, with back-pressure. */
async function sendRewritten({ response, transfer }: ClientExchange, upstreamResponse: UpstreamResponse, change: Duplex): Promise<void> {
  const before = transfer.bytesOut;
  let changed = 0;
  change.on('data', (piece: Buffer) => {
    changed += piece.length;
    transfer.moved();
  });
  const ended = once(change, 'end');
  // A client that goes away takes no more, and then nothing would end.
  transfer.onCancel((reason) => change.destroy(reason));
  change.pipe(response);
  try {
    const sent = upstreamResponse.pipeTo(change);
    transfer.blame(() => response.writableNeedDrain || change.writableNeedDrain);
    await Promise.all([sent, ended]);
  } catch (error) {
    change.unpipe(response);
    change.destroy();
    throw error;
  } finally {
    transfer.bytesOut = before + changed;
  }
}

/** Names and values in turns, as `writeHead` takes them. The length of a body that is changed is not the upstream's (rule C8). */
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
