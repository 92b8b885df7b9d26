import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { OTHER_HOSTS_POLICIES, type OtherHostsPolicy } from '@oci-connector/egress';
import { AreRanges, InstallationSettings, type RelatedSettings, Setting, type Environment } from '@oci-connector/runtime';

/** The environment of this process. Only this file reads it. */
export const environment: Environment = process.env;

const MAX_PORT = 65_535;

/** The settings of the proxy, in addition to those of the installation. */
export class ProxySettings extends InstallationSettings implements RelatedSettings {
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HOST',
    kind: 'string',
    description: 'Listen address for clients. Empty: all addresses of the machine, IPv6 and IPv4.',
  })
  @IsString()
  host = '';

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HTTP_PORT',
    kind: 'integer',
    description: 'Port of the http listener; 0 picks a free port.',
  })
  @IsInt()
  @Min(0)
  @Max(MAX_PORT)
  httpPort = 8080;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HTTPS_PORT',
    kind: 'integer',
    description:
      'Port of the https listener, whose certificates are signed by the CA in the Secret connectors-proxy-ca; 0 picks a free port.',
  })
  @IsInt()
  @Min(0)
  @Max(MAX_PORT)
  httpsPort = 8443;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_VIA',
    kind: 'string',
    description:
      'Name of this installation in the Via header. The proxy refuses a request that already contains it as a loop. If one installation is the registry of another, give each its own name.',
  })
  @Matches(/^[A-Za-z0-9._-]+$/, { message: 'must consist of letters, digits and . _ -' })
  via = 'connectors-proxy';

  // Registries take minutes to commit a large blob (an object store copies it), and send nothing in the meantime.
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_IDLE_TIMEOUT',
    kind: 'duration',
    description:
      'Time after which the proxy ends a transfer in which no byte moves in either direction. Other transfers have no time limit.',
  })
  @Min(1)
  idleTimeout = 300_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_HEADERS_TIMEOUT',
    kind: 'duration',
    description: 'Time in which a client must send the request line and headers.',
  })
  @Min(1)
  headersTimeout = 30_000;

  // Longer than the idle limit of load balancers (the longest known default is 600 s), so that the load balancer closes the connection.
  @Setting({
    name: 'OCI_CONNECTOR_PROXY_KEEP_ALIVE',
    kind: 'duration',
    description:
      'Time for which a client connection is kept open without a request. Must exceed the idle limit of any load balancer in front.',
  })
  @Min(1)
  keepAlive = 620_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_UNAUTHENTICATED_IDLE',
    kind: 'duration',
    description:
      'Time for which an idle connection is kept if no token has been accepted on it, including the TLS handshake. At the limit of connections, such connections are closed before new ones are refused.',
  })
  @Min(1)
  unauthenticatedIdle = 10_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_DRAIN_DELAY',
    kind: 'duration',
    description: 'On SIGTERM: time for which new connections are still served after readiness has begun to fail.',
  })
  @Min(0)
  drainDelay = 10_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_GRACE',
    kind: 'duration',
    description:
      'On SIGTERM: time for which running transfers may continue before they are cut. terminationGracePeriodSeconds must exceed the sum of this time and the drain delay.',
  })
  @Min(0)
  grace = 3_600_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_BODY_RELAY',
    kind: 'boolean',
    description:
      'Reads the bodies of pulls into memory that is used again. `false` costs CPU; set it to find out whether this relay causes a fault.',
  })
  @IsBoolean()
  bodyRelay = true;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_PUSH_RELAY',
    kind: 'boolean',
    description: 'Reads the bodies of pushes into memory that is used again, too, if `OCI_CONNECTOR_PROXY_BODY_RELAY` is `true`.',
  })
  @IsBoolean()
  pushRelay = true;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_PLAIN_REQUESTS',
    kind: 'boolean',
    description: 'Experimental: serves requests of GET and HEAD that need no complete HTTP parser without `node:http`.',
  })
  @IsBoolean()
  plainRequests = false;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_CONNECTIONS',
    kind: 'integer',
    description: 'Client connections per listener. Another connection replaces an idle one without a token, or is closed.',
  })
  @IsInt()
  @Min(1)
  maxConnections = 20_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_CONNECTIONS_PER_PEER',
    kind: 'integer',
    description:
      'Connections from one IPv4 address or IPv6 network of 64 bits, over both listeners. Another connection replaces an idle one without a token, or is closed. All pods of a node may share one address.',
  })
  @IsInt()
  @Min(1)
  maxConnectionsPerPeer = 4_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_TRANSFERS_PER_CONNECTOR',
    kind: 'integer',
    description: 'Concurrent requests for one Connector, per replica. Further requests get 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  maxTransfersPerConnector = 1_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_TRANSFERS_PER_CLIENT',
    kind: 'integer',
    description: 'Concurrent requests of one ServiceAccount, per replica. Further requests get 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  maxTransfersPerClient = 500;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_REQUEST_RATE_PER_CONNECTOR',
    kind: 'integer',
    description: 'Requests per second for one Connector, per replica. Further requests get 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  requestRatePerConnector = 0;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_REQUEST_RATE_PER_CLIENT',
    kind: 'integer',
    description: 'Requests per second of one ServiceAccount, per replica. Further requests get 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  requestRatePerClient = 0;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_ACCEPT_GET_CONNECTORS',
    kind: 'boolean',
    description:
      'For compatibility: a client that may get the Connector may pull, push and delete through it, without a permission on connectors/proxy.',
  })
  @IsBoolean()
  acceptGetConnectors = false;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_OTHER_HOSTS',
    kind: 'string',
    choices: OTHER_HOSTS_POLICIES,
    description:
      'Which hosts of no Connector the forward proxy connects to: deny (none), public (hosts with public addresses only), any (private addresses as well). Loopback, link-local and metadata addresses, and those of this installation and of the API server, are refused by every policy.',
  })
  @IsIn(OTHER_HOSTS_POLICIES, { message: 'must be deny, public or any' })
  otherHosts: OtherHostsPolicy = 'public';

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_OTHER_HOSTS_PORTS',
    kind: 'list',
    description: 'Ports of hosts of no Connector to which the forward proxy connects.',
  })
  @Matches(/^(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/, {
    each: true,
    message: 'must be ports from 1 to 65535, separated by commas, for example 443,80',
  })
  otherHostsPorts: string[] = ['443', '80'];

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS',
    kind: 'list',
    description:
      'Address ranges of hosts of no Connector to which the forward proxy connects although the policy refuses them, for example 10.20.0.0/16. They allow no address of this installation or of the API server.',
  })
  @AreRanges('10.20.0.0/16')
  otherHostsAllowCidrs: string[] = [];

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_MAX_TUNNELS_PER_CLIENT',
    kind: 'integer',
    description:
      'Open tunnels of one ServiceAccount through the forward proxy, and its requests for http URLs of hosts of no Connector, together, per replica. Further ones get 429. 0: no limit.',
  })
  @IsInt()
  @Min(0)
  maxTunnelsPerClient = 1_000;

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_TUNNEL_MAX_AGE',
    kind: 'duration',
    description:
      'Time after which the forward proxy closes a tunnel to a host of no Connector, even if it is in use. It closes such a tunnel earlier when the token of its client expires.',
  })
  @Min(1)
  tunnelMaxAge = 14_400_000;

  conflicts(): readonly string[] {
    if (this.httpPort !== this.httpsPort || this.httpPort === 0) {
      return [];
    }
    return ['OCI_CONNECTOR_PROXY_HTTPS_PORT: must differ from OCI_CONNECTOR_PROXY_HTTP_PORT'];
  }
}
