import { ProxyError } from '../../proxy.errors';
import { type Ping } from '../protocol';
import { verbOfMethod } from '../verbs';
import { API_VERSION_HEADER } from './api-version';

/**
 * The response to the API version check of the distribution-spec ("end-1"), which tells clients how to log in. The proxy never answers it
 * with 200 without a token: containers/image would then never send its credentials (containers/image#2754).
 */
const PING: Ping = { route: '/v2/', contentType: 'application/json; charset=utf-8', headers: API_VERSION_HEADER, body: '{}' };

/** @throws ProxyError MethodNotAllowed when the method is neither GET nor HEAD nor OPTIONS */
export function ociPing(method: string, path: string): Ping | undefined {
  if (path !== '/v2/' && path !== '/v2') {
    return undefined;
  }
  if (verbOfMethod(method) !== 'get') {
    throw new ProxyError('MethodNotAllowed', `method ${method} is not served on /v2/; use GET`);
  }
  return PING;
}
