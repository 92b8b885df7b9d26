import { type Clock, systemClock } from '@oci-connector/clock';
import { type LookupAll } from '@oci-connector/egress';
import { KubeClient, type KubeConnection } from '@oci-connector/kube';
import { kubeConnectionOf, readCaBundle, readTogether, startApp } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { DataPlane } from './data-plane';
import { type ProtocolHandler } from './protocols/protocol';
import { type ProxySettings } from './proxy.config';
import { ProxyModule } from './proxy.module';

/** What a test replaces; a program leaves all of it alone. */
export interface StartProxyOptions {
  readonly connection?: KubeConnection;
  readonly clock?: Clock;
  readonly lookup?: LookupAll;
  /** Handlers besides the shipped ones, by the name in `spec.protocol`. */
  readonly protocols?: Readonly<Record<string, ProtocolHandler>>;
}

/** A running proxy. */
export interface RunningProxy {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Where /healthz, /readyz and /metrics are served. */
  readonly adminUrl: string;
  /** Stops as on SIGTERM; resolves when all is closed. */
  stop(): Promise<void>;
}

/** Starts a replica of the proxy. Resolves when its ports are open; /readyz tells when it can serve. */
export async function startProxy(settings: ProxySettings, logger: Logger, options: StartProxyOptions = {}): Promise<RunningProxy> {
  const { clock = systemClock } = options;
  const [connection, installationCa] = await readTogether([
    options.connection ?? kubeConnectionOf(settings),
    readCaBundle(settings.caBundle),
  ] as const);
  const client = KubeClient.fromConnection(connection, { clock, userAgent: 'connectors-proxy' });
  const module = ProxyModule.forDependencies({
    settings,
    client,
    installationCa,
    clock,
    lookup: options.lookup,
    protocols: options.protocols,
  });
  const running = await startApp({ module, logger, adminHost: settings.adminHost, adminPort: settings.adminPort });
  const { httpPort, httpsPort } = running.app.get(DataPlane, { strict: false });
  const { adminUrl } = running;
  logger.info({ httpPort, httpsPort, adminUrl }, 'serving');
  return { httpPort, httpsPort, adminUrl, stop: () => running.stop() };
}
