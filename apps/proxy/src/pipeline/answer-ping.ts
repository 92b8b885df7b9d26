import { API_VERSION_HEADER } from '../protocols/oci/api-version';
import { type AuthenticateClient } from './authenticate-client';
import { type ClientExchange } from './proxy-exchange';

const BODY = '{}';

/**
 * The API version check of the distribution-spec ("end-1"). It belongs to no Connector, so a valid token is enough. Never
 * answered 200 without one: containers/image would then never send its credentials (containers/image#2754).
 */
export async function answerPing(client: ClientExchange, authentication: AuthenticateClient): Promise<void> {
  client.record.route = '/v2/';
  await authentication.identify(client);
  client.response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(BODY.length),
    ...API_VERSION_HEADER,
  });
  client.response.end(client.request.method === 'HEAD' ? undefined : BODY);
}
