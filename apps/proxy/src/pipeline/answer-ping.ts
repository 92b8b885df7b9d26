import { type Ping } from '../protocols/protocol';
import { type ClientExchange } from './proxy-exchange';

/** Finds out whose token it is: `AuthenticateClient`. */
export interface Identification {
  /** @throws ProxyError Unauthenticated */
  identify(client: ClientExchange): unknown;
}

/** A ping belongs to no Connector, so a valid token is enough; without one it is refused, so that the client learns how to log in. */
export async function answerPing(client: ClientExchange, ping: Ping, authentication: Identification): Promise<void> {
  client.record.route = ping.route;
  await authentication.identify(client);
  client.response.writeHead(200, {
    'content-type': ping.contentType,
    'content-length': String(Buffer.byteLength(ping.body)),
    ...ping.headers,
  });
  client.response.end(client.request.method === 'HEAD' ? undefined : ping.body);
}
