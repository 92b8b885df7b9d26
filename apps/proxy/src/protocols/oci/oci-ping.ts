import { ProxyError } from '../../proxy.errors';
import { type Ping, verbOfMethod } from '../protocol';
import { API_VERSION_HEADER } from './api-version';

/**
 * The API version check of the distribution-spec ("end-1"): clients use it to learn how to log in. Never answered 200 without a
 * token: containers/image would then never send its credentials (containers/image#2754).
 */
const PING: Ping = { route: '/v2/', contentType: 'application/json; charset=utf-8', headers: API_VERSION_HEADER, body: '{}' };

/** @throws ProxyError MethodNotAllowed */
export function ociPing(method: string, path: string): Ping | undefined {
  if (path !== '/v2/' && path !== '/v2') {
    return undefined;
  }
  if (verbOfMethod(method) !== 'get') {
    throw new ProxyError('MethodNotAllowed', `method ${method} is not served on /v2/; use GET`);
  }
  return PING;
}
