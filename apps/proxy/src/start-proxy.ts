import { type Clock, systemClock } from '@oci-connector/clock';
import { type LookupAll } from '@oci-connector/egress';
import { KubeClient, type KubeConnection, loadKubeConnection } from '@oci-connector/kube';
import { readCaBundle, startApp } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { DataPlane } from './data-plane';
import { type ProtocolHandler } from './protocols/protocol';
import { type ProxySettings } from './proxy.config';
import { ProxyModule } from './proxy.module';

/** Replacements for tests; the program sets none. */
export interface StartProxyOptions {
  readonly connection?: KubeConnection;
  readonly clock?: Clock;
  readonly lookup?: LookupAll;
  /** Handlers in addition to the shipped ones, by the name in `spec.protocol`. */
  readonly protocols?: Readonly<Record<string, ProtocolHandler>>;
}

/** A running proxy. */
export interface RunningProxy {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** The base URL of /healthz, /readyz and /metrics. */
  readonly adminUrl: string;
  /** Stops the proxy as on SIGTERM. Resolves when everything is closed. */
  stop(): Promise<void>;
}

/** Starts a replica of the proxy. Resolves when its ports are open; /readyz reports when it can serve requests. */
export async function startProxy(settings: ProxySettings, logger: Logger, options: StartProxyOptions = {}): Promise<RunningProxy> {
  const { clock = systemClock } = options;
  const connection = options.connection ?? (await loadKubeConnection({ kubeconfig: settings.kubeconfig || undefined }));
  const client = KubeClient.fromConnection(connection, { clock, userAgent: 'connectors-proxy' });
  const installationCa = await readCaBundle(settings.caBundle);
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
