import { type Socket } from 'node:net';
import { formatHostAndPort, type HostAndPort } from '@oci-connector/egress';
import { hasContent } from '@oci-connector/http';
import { type UpgradableConnection, type Way, type Ways } from '../client/ways';
import { DEFAULT_PORTS, parseAuthority } from '../naming/authority';
import { PROXY_LOGIN, tunnelLogin } from '../naming/client-login';
import { ForwardNaming, type NamedAddress } from '../naming/forward-naming';
import { type Naming } from '../naming/naming';
import { type OwnAuthorities } from '../naming/own-authorities';
import { type RequestHead } from '../naming/request-head';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { type TlsTermination } from '../port/tls-termination';
import { ProxyError } from '../proxy.errors';
import { type Admission, type AdmitLogin } from './admit-login';
import { type BlindTunnel } from './blind-tunnel';
import { type ConnectorsByHost } from './connectors-by-host';
import { establish } from './establish';
import { type HostTls } from './host-tls';
import { PLAIN_TEXT } from './plain-text';
import { type TunnelLimits } from './tunnel-limits';

export interface ServeConnectOptions {
  readonly own: OwnAuthorities;
  /** The way of requests in tunnels to the proxy's own hosts. */
  readonly reverse: Way;
  /** TLS with the certificates of the proxy's own hosts. */
  readonly ownTls: TlsTermination;
  readonly admission: AdmitLogin;
  readonly limits: TunnelLimits;
  readonly connectorsByHost: ConnectorsByHost;
  readonly tls: HostTls;
  /** Handles the requests in tunnels to hosts of Connectors. */
  readonly pipeline: { handle(client: ClientExchange, naming: Naming): Promise<void> };
  readonly blindTunnel: BlindTunnel;
}

/**
 * Serves CONNECT: read the authority ─ own host? serve it ─ check the login ─ host of a Connector? intercept, else tunnel by the policy.
 */
export class ServeConnect implements Way {
  readonly login = PROXY_LOGIN;

  constructor(private readonly options: ServeConnectOptions) {}

  async handle(client: ClientExchange): Promise<void> {
    client.errors = PLAIN_TEXT;
    client.record.route = 'CONNECT';
    client.record.action = 'tunnel';
    const { own, admission, limits } = this.options;
    const connection = connectionOf(client);
    const authority = targetOf(client.request);
    client.record.host = formatHostAndPort(authority);
    const ownScheme = own.schemeOf(authority);
    if (ownScheme) {
      return this.#serveOwn(client, connection, ownScheme);
    }
    const admitted = await admission.admit(client);
    const leave = limits.admit(admitted.identity.username);
    try {
      await this.#serveOther(client, connection, { ...admitted, authority });
      whenClosed(connection.socket, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Resolves when the tunnel is open; for one that the proxy does not look into, when it has closed. */
  async #serveOther(client: ClientExchange, connection: UpgradableConnection, admitted: Admitted): Promise<void> {
    const { admission, connectorsByHost, blindTunnel } = this.options;
    const { connectors, authority } = admitted;
    const addresses = connectorsByHost.at(connectors, authority);
    const [first] = addresses;
    if (first) {
      return this.#intercept(client, connection, { ...admitted, first });
    }
    const admitAgain = (): Promise<boolean> => admission.admit(client).then(() => true);
    await blindTunnel.open(client, connection, { ...admitted, admitAgain });
  }

  /** A tunnel to the proxy itself is a connection like any other; who opened it does not count. */
  #serveOwn(client: ClientExchange, connection: UpgradableConnection, scheme: 'http' | 'https'): void {
    establish(client, connection);
    this.#serveInside(connection, { origin: this.options.reverse }, scheme === 'https' ? this.options.ownTls : undefined);
  }

  async #intercept(
    client: ClientExchange,
    connection: UpgradableConnection,
    { header, connectors, authority, first }: Intercepted,
  ): Promise<void> {
    const { tls, connectorsByHost, pipeline } = this.options;
    const { scheme } = first.address;
    const { namespace, name } = first.connector;
    client.record.connector = `${namespace}/${name}`;
    const termination = scheme === 'https' ? await tls.terminationFor(authority.host, namespace) : undefined;
    if (scheme === 'https' && !termination) {
      throw new ProxyError('CertificateUnavailable', 'the CA of the proxy is missing or has expired; try again', { retryAfterSeconds: 1 });
    }
    // The Connectors may change while the tunnel is open.
    const addresses = (): NamedAddress[] => connectorsByHost.at(connectors, authority).filter(({ address }) => address.scheme === scheme);
    const naming = new ForwardNaming({ scheme, authority, addresses });
    establish(client, connection);
    const way: Way = { login: tunnelLogin(header), handle: (inner) => pipeline.handle(inner, naming) };
    this.#serveInside(connection, { origin: way }, termination);
  }

  #serveInside(connection: UpgradableConnection, ways: Ways, termination: TlsTermination | undefined): void {
    if (!termination) {
      return connection.serveInside(connection.socket, ways);
    }
    termination.accept(connection.socket, {
      secured: (inner) => connection.serveInside(inner, ways),
      plainHttp: () => connection.refusePlainHttp(),
    });
  }
}

interface Admitted extends Admission {
  readonly authority: HostAndPort;
}

interface Intercepted extends Admitted {
  /** The address that determines the scheme in the tunnel. */
  readonly first: NamedAddress;
}

function whenClosed(socket: Socket, tell: () => void): void {
  if (socket.closed) {
    tell();
  } else {
    socket.once('close', tell);
  }
}

function connectionOf({ connection }: ClientExchange): UpgradableConnection {
  if (!connection) {
    throw new ProxyError('Internal', 'the connection of a CONNECT request was not detached');
  }
  return connection;
}

/** @throws ProxyError RequestMalformed when the target is not a host and a port, or the request announces content */
function targetOf({ url = '', headers }: RequestHead): HostAndPort {
  if (hasContent(headers)) {
    throw new ProxyError('RequestMalformed', 'a CONNECT request has no content; send no Content-Length and no Transfer-Encoding');
  }
  const authority = parseAuthority(url);
  if (!authority) {
    throw new ProxyError(
      'RequestMalformed',
      `the target of CONNECT must be HOST:PORT, such as registry.example.com:${DEFAULT_PORTS.https}`,
    );
  }
  return authority;
}
