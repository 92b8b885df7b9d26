import { IsBoolean, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { InstallationSettings, type RelatedSettings, Setting, type Environment } from '@oci-connector/runtime';

/** The environment of this process; the one place of the program that looks at it. */
export const environment: Environment = process.env;

const MAX_PORT = 65_535;

/** What an operator may set on the proxy, beside what the whole installation shares. */
export class ProxySettings extends InstallationSettings implements RelatedSettings {
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HOST',
    kind: 'string',
    description: 'Address on which clients are served. Empty: all addresses of the machine, IPv6 and IPv4.',
  })
  @IsString()
  host = '';

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HTTP_PORT',
    kind: 'integer',
    description: 'Port of the http listener; 0 picks a free one.',
  })
  @IsInt()
  @Min(0)
  @Max(MAX_PORT)
  httpPort = 8080;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HTTPS_PORT',
    kind: 'integer',
    description: 'Port of the https listener, which serves certificates of the CA in the Secret connectors-proxy-ca; 0 picks a free one.',
  })
  @IsInt()
  @Min(0)
  @Max(MAX_PORT)
  httpsPort = 8443;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_VIA',
    kind: 'string',
    description:
      'Name of this installation in the Via header. A request that already carries it is refused as a loop, so give each installation its own name where one is the registry of another.',
  })
  @Matches(/^[A-Za-z0-9._-]+$/, { message: 'must consist of letters, digits and . _ -' })
  via = 'connectors-proxy';

  // Registries take minutes to commit a large blob (an object store copies it), and say nothing meanwhile.
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_IDLE_TIMEOUT',
    kind: 'duration',
    description:
      'A transfer in which no byte moves in either direction for this long is ended. Transfers that move last as long as they need.',
  })
  @Min(1)
  idleTimeout = 300_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HEADERS_TIMEOUT',
    kind: 'duration',
    description: 'How long a client may take to send the head of a request.',
  })
  @Min(1)
  headersTimeout = 30_000;

  // Longer than the idle limit of load balancers (600 s is the longest default known), so that it is they who close.
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_KEEP_ALIVE',
    kind: 'duration',
    description:
      'How long a connection of a client is kept open without a request; longer than the idle limit of any load balancer in front.',
  })
  @Min(1)
  keepAlive = 620_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_UNAUTHENTICATED_IDLE',
    kind: 'duration',
    description:
      'How long a connection is kept on which nothing comes and no token was accepted yet, TLS handshake included. When places are short, such connections are closed before new ones are refused.',
  })
  @Min(1)
  unauthenticatedIdle = 10_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_DRAIN_DELAY',
    kind: 'duration',
    description: 'On SIGTERM: how long new connections are still served after readiness has begun to fail.',
  })
  @Min(0)
  drainDelay = 10_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_GRACE',
    kind: 'duration',
    description:
      'On SIGTERM: how long running transfers may go on before they are cut. terminationGracePeriodSeconds must exceed it and the drain delay together.',
  })
  @Min(0)
  grace = 3_600_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_CONNECTIONS',
    kind: 'integer',
    description: 'Connections of clients per listener. One more takes the place of an idle one without a token, or is closed.',
  })
  @IsInt()
  @Min(1)
  maxConnections = 20_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_CONNECTIONS_PER_PEER',
    kind: 'integer',
    description:
      'Connections from one IPv4 address or IPv6 network of 64 bits, over both listeners; one more takes the place of an idle one without a token, or is closed. A node may stand for all its pods.',
  })
  @IsInt()
  @Min(1)
  maxConnectionsPerPeer = 4_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_TRANSFERS_PER_CONNECTOR',
    kind: 'integer',
    description: 'Concurrent requests for one Connector, per replica; more are answered 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  maxTransfersPerConnector = 1_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_TRANSFERS_PER_CLIENT',
    kind: 'integer',
    description: 'Concurrent requests of one ServiceAccount, per replica; more are answered 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  maxTransfersPerClient = 500;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_REQUEST_RATE_PER_CONNECTOR',
    kind: 'integer',
    description: 'Requests per second for one Connector, per replica; more are answered 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  requestRatePerConnector = 0;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_REQUEST_RATE_PER_CLIENT',
    kind: 'integer',
    description: 'Requests per second of one ServiceAccount, per replica; more are answered 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  requestRatePerClient = 0;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_ACCEPT_GET_CONNECTORS',
    kind: 'boolean',
    description:
      'Compatibility: whoever may get the Connector may pull, push and delete through it, without any permission on connectors/proxy.',
  })
  @IsBoolean()
  acceptGetConnectors = false;

  conflicts(): readonly string[] {
    if (this.httpPort !== this.httpsPort || this.httpPort === 0) {
      return [];
    }
    return ['OCI_CONNECTOR_PROXY_HTTPS_PORT: must differ from OCI_CONNECTOR_PROXY_HTTP_PORT'];
  }
}
