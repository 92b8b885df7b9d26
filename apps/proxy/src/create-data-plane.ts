import { type Clock } from '@oci-connector/clock';
import { type Connector, PROXY_CA_NAME, SEALING_KEYS_NAME } from '@oci-connector/connector-api';
import { CredentialStore } from '@oci-connector/credentials';
import { EgressPolicy, type LookupAll } from '@oci-connector/egress';
import { InstallationEndpoints, parseKey, Reachability, Secrets } from '@oci-connector/kube';
import { OciAuthorizer } from '@oci-connector/oci-auth';
import { type Runtime, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { CertificateAuthority } from './certificates/certificate-authority';
import { LeafCertificates } from './certificates/leaf-certificates';
import { OwnCertificate } from './certificates/own-certificate';
import { HttpConnections } from './client/http-connections';
import { HttpDate } from './client/http-date';
import { RequestRelay } from './client/request-relay';
import { ServeRequest } from './client/serve-request';
import { createRequestHandler } from './create-request-handler';
import { createWays } from './create-ways';
import { DataPlane } from './data-plane';
import { ServedNames } from './naming/served-names';
import { AccessLog } from './observability/access-log';
import { ProxyMetrics } from './observability/proxy-metrics';
import { ConnectionLimits } from './port/connection-limits';
import { Port } from './port/port';
import { TlsTermination } from './port/tls-termination';
import { type ProtocolHandler } from './protocols/protocol';
import { type ProxySettings } from './proxy.config';
import { ProxyState } from './proxy-state';
import { SealingKeys } from './sealing/sealing-keys';
import { BufferCollector, markLessOften, minorCollection } from './transfer/buffer-collector';
import { ReadBuffers } from './transfer/read-buffers';
import { Transfers } from './transfer/transfers';
import { UpstreamPool } from './upstream/upstream-pool';

/** Time limit for reading a Connector's Secret while its client waits, in milliseconds. The same as for a review. */
const SECRET_TIMEOUT_MS = 5_000;

/** The settings of the proxy, and what only its tests replace. */
export interface ProxyOptions {
  readonly settings: ProxySettings;
  /** Resolves the host names of upstreams; default: as configured in the system's files. */
  readonly lookup?: LookupAll;
  /** Handlers for additional protocols, by the name in `spec.protocol`; only tests have any. */
  readonly protocols?: Readonly<Record<string, ProtocolHandler>>;
}

type ProxyDependencies = ProxyOptions & Pick<Runtime, 'client'> & Pick<World, 'clock' | 'installationCa'>;

/**
 * Composes the parts of the proxy. Each part depends only on parts that were created before it. A part that must be notified by a later
 * part is subscribed once the later part exists.
 */
export function createDataPlane(options: ProxyOptions, runtime: Runtime): DataPlane {
  const { settings } = options;
  const { client, logger, registry, readiness } = runtime;
  const { clock, installationCa } = runtime.world;
  const dependencies: ProxyDependencies = { ...options, client, clock, installationCa };
  const transfers = createTransfers(settings, clock);
  const state = new ProxyState({ client, clock });
  state.failures.subscribe(({ resource, error }) => logger.warn({ err: error, resource }, 'a watch failed; it is tried again'));
  const metrics = new ProxyMetrics(registry, {
    transfersInFlight: () => transfers.size,
    connectorExists: (connector) => state.connectors.get(parseKey(connector)) !== undefined,
    maxConnectors: settings.metricsConnectors,
  });
  const endpoints = new InstallationEndpoints({ client, clock, installation: settings });
  endpoints.failures.subscribe(({ message, service, error }) => logger.warn({ err: error, service }, message));
  // Whether the API server can be reached; shared by all parts that send requests to it while a client waits.
  const reachability = Reachability.of(client, clock);
  const buffers = new ReadBuffers();
  const upstream = upstreamParts(dependencies, { metrics, reachability, endpoints, buffers });
  state.deletedConnectors.subscribe((connector) => forget(connector, upstream, metrics));
  const sealing = new SealingKeys({
    readSecret: (signal) => readSecretData(dependencies, SEALING_KEYS_NAME, signal),
    clock,
    onError: (error) => logger.warn({ err: error }, 'the sealing keys could not be read; this is tried again'),
  });
  const requests = createRequestHandler({ ...dependencies, ...upstream, logger, metrics, reachability, state, sealing });
  const accessLog = new AccessLog(logger, clock);
  const limits = new ConnectionLimits({
    maxPerListener: settings.maxConnections,
    maxPerPeer: settings.maxConnectionsPerPeer,
    strangerIdleMs: settings.unauthenticatedIdle,
    clock,
    onClosed: (listener, reason) => metrics.closed(listener, reason),
  });
  metrics.measureLimit('connections', () => limits.usage.listener);
  metrics.measureLimit('peer_connections', () => limits.usage.peer);
  const relaysBodies = settings.bodyRelay && settings.pushRelay;
  const readsConnections = relaysBodies || settings.plainRequests;
  const requestRelay = new RequestRelay({
    buffers,
    onError: (error) => logger.warn({ err: error }, 'node:http reads all requests and their bodies, which costs CPU: the self-test failed'),
  });
  const connections = new HttpConnections({
    headersTimeout: settings.headersTimeout,
    keepAlive: settings.keepAlive,
    strangerIdleMs: settings.unauthenticatedIdle,
    relay: requestRelay,
    relaysBodies,
    plainRequests: settings.plainRequests ? { date: new HttpDate(clock) } : undefined,
    serve: new ServeRequest({ transfers, metrics, accessLog, now: () => clock.monotonic() }),
  });
  const { authority, names, leaves } = certificateParts(dependencies, logger, state);
  const handshakeTimeout = Math.min(settings.headersTimeout, settings.unauthenticatedIdle);
  // For the https port, and for tunnels to the proxy's own hosts.
  const ownTls = new TlsTermination({ SNICallback: leaves.sniCallback, handshakeTimeout });
  const ways = createWays({
    ...requests,
    settings,
    clock,
    state,
    metrics,
    policy: upstream.policy,
    leaves,
    ownTls,
    handshakeTimeout,
    buffers,
  });
  const http = new Port({
    name: 'http',
    host: settings.host,
    port: settings.httpPort,
    limits,
    metrics,
    accept: (socket, slot) => connections.accept(socket, { listener: 'http', slot, ways }),
  });
  const https = new Port({
    name: 'https',
    host: settings.host,
    port: settings.httpsPort,
    limits,
    metrics,
    accept: (socket, slot) => connections.accept(socket, { listener: 'https', slot, ways }),
    tls: {
      termination: ownTls,
      refusePlainHttp: (socket, slot) => connections.refusePlainHttp(socket, { listener: 'https', slot, ways }),
    },
  });
  const ownCertificate = new OwnCertificate({
    authority,
    leaves,
    names: names.own,
    clock,
    use: ({ options: certificate, notAfter }) => {
      ownTls.setCertificate(certificate);
      metrics.certificateExpires(notAfter);
    },
    onError: (error) => logger.error({ err: error }, 'no certificate could be made with the CA'),
  });
  authority.onChange(({ certificate }) => {
    metrics.caSigns(certificate);
    void ownCertificate.renew();
  });
  readiness.register('connectors', () => (state.hasSynced ? undefined : 'the Connectors and their classes have not been read yet'));
  if (readsConnections) {
    readiness.register('relay', () =>
      requestRelay.isDecided ? undefined : 'the self-test of the way to read connections has not ended yet',
    );
  }
  readiness.register('certificates', () => (authority.current ? undefined : `the Secret ${PROXY_CA_NAME} has not been read yet`));
  return new DataPlane({
    http,
    https,
    connections,
    transfers,
    background: [...(readsConnections ? [requestRelay] : []), state, endpoints, authority, sealing, ownCertificate],
    resources: [upstream.credentials, limits, accessLog, transfers, upstream.upstreams],
    readiness,
    clock,
    stopping: settings,
  });
}

function createTransfers({ idleTimeout }: ProxySettings, clock: Clock): Transfers {
  markLessOften();
  const collector = new BufferCollector(minorCollection());
  return new Transfers(idleTimeout, { now: () => clock.monotonic(), passed: (bytes, running) => collector.passed(bytes, running) });
}

interface CertificateParts {
  readonly authority: CertificateAuthority;
  readonly names: ServedNames;
  readonly leaves: LeafCertificates;
}

function certificateParts(dependencies: ProxyDependencies, logger: Logger, { connectors }: ProxyState): CertificateParts {
  const { settings, clock } = dependencies;
  const authority = new CertificateAuthority({
    readSecret: (signal) => readSecretData(dependencies, PROXY_CA_NAME, signal),
    clock,
    onError: (error) => logger.warn({ err: error }, 'the CA could not be read; this is tried again'),
  });
  const names = new ServedNames(settings, connectors);
  const leaves = new LeafCertificates({
    authority: () => authority.current,
    now: () => clock.now(),
    ownerOf: (hostname) => names.ownerOf(hostname),
  });
  return { authority, names, leaves };
}

interface UpstreamParts {
  readonly policy: EgressPolicy;
  readonly upstreams: UpstreamPool;
  readonly credentials: CredentialStore;
  readonly authorizer: OciAuthorizer;
}

interface SharedParts {
  readonly metrics: ProxyMetrics;
  readonly reachability: Reachability;
  readonly endpoints: InstallationEndpoints;
  readonly buffers: ReadBuffers;
}

function upstreamParts(
  { settings, client, clock, installationCa, lookup }: ProxyDependencies,
  { metrics, reachability, endpoints, buffers }: SharedParts,
): UpstreamParts {
  const policy = new EgressPolicy({
    allowCIDRs: settings.egressAllowCidrs,
    redirectCIDRs: settings.egressRedirectCidrs,
    otherHosts: {
      policy: settings.otherHosts,
      allowCIDRs: settings.otherHostsAllowCidrs,
      ports: settings.otherHostsPorts.map(Number),
      clusterDomain: settings.clusterDomain,
    },
    ...endpoints.refused,
    lookup,
    clock,
  });
  return {
    policy,
    upstreams: new UpstreamPool(policy, {
      installationCa,
      relay: settings.bodyRelay ? { buffers, answered: metrics.answered } : undefined,
    }),
    credentials: new CredentialStore({
      readSecret: (namespace, name, signal) => client.find(Secrets, { namespace, name }, { signal, timeoutMs: SECRET_TIMEOUT_MS }),
      clock,
      reachability,
    }),
    authorizer: new OciAuthorizer({ clock, hooks: metrics.authorization }),
  };
}

function readSecretData(
  { client, settings }: ProxyDependencies,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  return client.find(Secrets, { namespace: settings.namespace, name }, { signal }).then((secret) => secret?.data);
}

function forget(connector: Connector, { upstreams, authorizer }: UpstreamParts, metrics: ProxyMetrics): void {
  const { uid, namespace, name } = connector.metadata;
  void metrics.forget(`${namespace}/${name}`);
  if (uid === undefined) {
    return;
  }
  upstreams.forget(uid);
  authorizer.forget(uid);
}
