import { countHeader } from '@oci-connector/http';
import { ProxyError } from '../proxy.errors';
import { type RequestHead } from './request-head';

/** How the clients of a connection send their token. */
export interface ClientLogin {
  /** Whether clients address the proxy, or the registry itself; for the log. */
  readonly mode: 'reverse' | 'forward';
  /** The header of the token; for error messages. */
  readonly header: 'Authorization' | 'Proxy-Authorization';
  /** The user name that belongs to the token; for error messages. */
  readonly user: string;
  /**
   * Returns the header's value; undefined if there is none. If the request has several such headers, the result is an empty text, which
   * contains no token: no supported client sends several.
   */
  credentials(request: Pick<RequestHead, 'headers' | 'rawHeaders'>): string | undefined;
  /** Adapts an error to how clients log in here. */
  refusal(failure: ProxyError): ProxyError;
}

const CONNECTOR_USER = 'the user NAMESPACE/NAME of a connector';

/** The login at the reverse proxy, which clients use like a registry. */
export const REVERSE_LOGIN: ClientLogin = {
  mode: 'reverse',
  header: 'Authorization',
  user: 'any user name',
  credentials: (request) => onlyHeader(request, 'authorization'),
  refusal: (failure) => failure,
};

/** The login at the forward proxy (RFC 9110 §11.7). */
export const PROXY_LOGIN: ClientLogin = {
  mode: 'forward',
  header: 'Proxy-Authorization',
  user: CONNECTOR_USER,
  credentials: (request) => onlyHeader(request, 'proxy-authorization'),
  refusal: (failure) =>
    failure.code === 'Unauthenticated' ? new ProxyError('ProxyLoginRequired', failure.message, { cause: failure.cause }) : failure,
};

/**
 * The login of all requests in a tunnel: that of the CONNECT request. The client cannot repeat it in the tunnel, so a challenge would lead
 * nowhere. After a refusal the connection closes, and the client gets the challenge when it opens the next tunnel.
 *
 * @param header the value of Proxy-Authorization
 */
export function tunnelLogin(header: string): ClientLogin {
  return {
    mode: 'forward',
    header: 'Proxy-Authorization',
    user: CONNECTOR_USER,
    credentials: () => header,
    refusal: (failure) =>
      failure.code === 'Unauthenticated' || failure.code === 'PermissionDenied'
        ? new ProxyError('PermissionDenied', failure.message, { cause: failure.cause, closes: true })
        : failure,
  };
}

function onlyHeader(
  { headers, rawHeaders }: Pick<RequestHead, 'headers' | 'rawHeaders'>,
  name: 'authorization' | 'proxy-authorization',
): string | undefined {
  const value = headers[name];
  // `headers` contains only the first of several.
  return value !== undefined && countHeader(rawHeaders, name) > 1 ? '' : value;
}
