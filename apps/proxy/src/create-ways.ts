import { type Clock } from '@oci-connector/clock';
import { type EgressPolicy } from '@oci-connector/egress';
import { type LeafCertificates } from './certificates/leaf-certificates';
import { type Way, type Ways } from './client/ways';
import { type RequestHandler } from './create-request-handler';
import { AdmitLogin } from './forward/admit-login';
import { BlindTunnel } from './forward/blind-tunnel';
import { ConnectorsByHost } from './forward/connectors-by-host';
import { HostTls } from './forward/host-tls';
import { RelayPlainHttp } from './forward/relay-plain-http';
import { ServeAbsolute } from './forward/serve-absolute';
import { ServeConnect } from './forward/serve-connect';
import { TunnelLimits } from './forward/tunnel-limits';
import { REVERSE_LOGIN } from './naming/client-login';
import { OwnAuthorities } from './naming/own-authorities';
import { ReverseNaming } from './naming/reverse-naming';
import { type ProxyMetrics } from './observability/proxy-metrics';
import { RepeatReviews } from './pipeline/repeat-reviews';
import { type TlsTermination } from './port/tls-termination';
import { type ProxySettings } from './proxy.config';
import { type ProxyState } from './proxy-state';
import { type ReadBuffers } from './transfer/read-buffers';

export interface WaysParts extends RequestHandler {
  readonly settings: ProxySettings;
  readonly clock: Clock;
  readonly state: ProxyState;
  readonly metrics: ProxyMetrics;
  readonly policy: EgressPolicy;
  readonly leaves: LeafCertificates;
  /** TLS with the certificates of the proxy's own hosts. */
  readonly ownTls: TlsTermination;
  /** Time limit for a TLS handshake, in milliseconds. */
  readonly handshakeTimeout: number;
  readonly buffers: ReadBuffers;
}

/** Creates the ways of requests: paths go to the reverse proxy; CONNECT and absolute URLs go to the forward proxy. */
export function createWays(parts: WaysParts): Ways {
  const { settings, clock, state, policy, leaves, ownTls, handshakeTimeout, handler, client, permission, protocols, addresses } = parts;
  const limits = new TunnelLimits(settings.maxTunnelsPerClient);
  parts.metrics.measureLimit('client_tunnels', () => limits.usage);
  const naming = new ReverseNaming(settings.clusterDomain);
  const reverse: Way = { login: REVERSE_LOGIN, handle: (exchange) => handler.handle(exchange, naming) };
  const common = {
    own: new OwnAuthorities(settings, state.connectors),
    reverse,
    admission: new AdmitLogin({ client, permission }),
    connectorsByHost: new ConnectorsByHost({ connectors: state.connectors, classes: state.classes, protocols, addresses }),
    pipeline: handler,
    limits,
  };
  return {
    origin: reverse,
    absolute: new ServeAbsolute({ ...common, relay: new RelayPlainHttp({ policy, via: settings.via }) }),
    connect: new ServeConnect({
      ...common,
      ownTls,
      tls: new HostTls({ leaves, handshakeTimeout }),
      blindTunnel: new BlindTunnel({
        policy,
        clock,
        reviews: new RepeatReviews(clock),
        maxAgeMs: settings.tunnelMaxAge,
        buffers: parts.buffers,
      }),
    }),
  };
}
