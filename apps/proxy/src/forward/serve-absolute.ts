import { formatHostAndPort, type HostAndPort } from '@oci-connector/egress';
import { type Way } from '../client/ways';
import { DEFAULT_PORTS, parseAuthority, sameAuthority, splitAbsolute } from '../naming/authority';
import { PROXY_LOGIN } from '../naming/client-login';
import { ForwardNaming, type NamedAddress } from '../naming/forward-naming';
import { type Naming } from '../naming/naming';
import { type OwnAuthorities } from '../naming/own-authorities';
import { type RequestHead } from '../naming/request-head';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { ProxyError } from '../proxy.errors';
import { type AdmitLogin } from './admit-login';
import { type ConnectorsByHost } from './connectors-by-host';
import { PLAIN_TEXT } from './plain-text';
import { type RelayPlainHttp } from './relay-plain-http';
import { type TunnelLimits } from './tunnel-limits';

export interface ServeAbsoluteOptions {
  readonly own: OwnAuthorities;
  /** The way of requests for the proxy's own hosts. */
  readonly reverse: Way;
  readonly admission: AdmitLogin;
  readonly connectorsByHost: ConnectorsByHost;
  /** Handles the requests for hosts of Connectors. */
  readonly pipeline: { handle(client: ClientExchange, naming: Naming): Promise<void> };
  /** For requests to hosts of no Connector. */
  readonly limits: TunnelLimits;
  readonly relay: RelayPlainHttp;
}

/**
 * Serves requests for absolute URLs, which clients send to a proxy for http: read the URL ─ own host? serve it ─ check the login ─
 * host of a Connector? the pipeline, else relay by the policy.
 */
export class ServeAbsolute implements Way {
  readonly login = PROXY_LOGIN;

  constructor(private readonly options: ServeAbsoluteOptions) {}

  async handle(client: ClientExchange): Promise<void> {
    client.errors = PLAIN_TEXT;
    const { own, reverse, admission, connectorsByHost, pipeline, limits, relay } = this.options;
    const { authority, path } = targetOf(client.request);
    client.record.host = formatHostAndPort(authority);
    if (own.schemeOf(authority) === 'http') {
      client.request.url = path;
      client.login = reverse.login;
      client.errors = undefined;
      return reverse.handle(client);
    }
    const admitted = await admission.admit(client);
    const addresses = (): NamedAddress[] => connectorsByHost.at(admitted.connectors, authority);
    const found = addresses();
    if (found.length === 0) {
      client.transfer.atEnd(limits.admit(admitted.identity.username));
      return relay.relay(client, admitted, { authority, path });
    }
    if (!found.some(isHttp)) {
      throw new ProxyError(
        'RequestMalformed',
        `the connector's address is https; begin the address with https://${formatHostAndPort(authority)}`,
      );
    }
    client.errors = undefined;
    const naming = new ForwardNaming({ scheme: 'http', authority, addresses: () => addresses().filter(isHttp) });
    await pipeline.handle(client, naming);
  }
}

function isHttp({ address }: NamedAddress): boolean {
  return address.scheme === 'http';
}

/** @throws ProxyError RequestMalformed when the target is not an http URL, or the Host header names another host */
function targetOf({ url = '', headers }: RequestHead): { authority: HostAndPort; path: string } {
  const absolute = splitAbsolute(url);
  if (absolute?.scheme !== 'http') {
    throw new ProxyError(
      'RequestMalformed',
      absolute
        ? `this proxy serves URLs with http; for ${absolute.scheme} use CONNECT`
        : 'the request target must be a path or an http URL',
    );
  }
  const authority = parseAuthority(absolute.authority, DEFAULT_PORTS.http);
  if (!authority) {
    throw new ProxyError('RequestMalformed', 'the URL must name a host, with a port from 1 to 65535 or none, and no user');
  }
  const host = parseAuthority(headers.host ?? '', DEFAULT_PORTS.http);
  // RFC 9112 §3.2.2 lets a proxy replace the Host header. Another host is refused: what comes after the proxy could believe either.
  if (!host || !sameAuthority(host, authority)) {
    throw new ProxyError('RequestMalformed', 'the Host header must name the same host as the URL');
  }
  return { authority, path: absolute.rest };
}
