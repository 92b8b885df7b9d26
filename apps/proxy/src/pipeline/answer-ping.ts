import { type Ping } from '../protocols/protocol';
import { type ClientExchange } from './proxy-exchange';

/** Authenticates the client of a request; implemented by `AuthenticateClient`. */
export interface Identification {
  /** @throws ProxyError Unauthenticated when the request has no valid token */
  identify(client: ClientExchange): unknown;
}

/**
 * Answers a ping. A ping belongs to no Connector, so any valid token is enough. Without a token it gets the 401 challenge, from which the
 * client learns how to log in.
 */
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
