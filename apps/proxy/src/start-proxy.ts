import { startApp, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ProxyOptions } from './create-data-plane';
import { DataPlane } from './data-plane';
import { type ProxySettings } from './proxy.config';
import { ProxyModule } from './proxy.module';

/** Replacements for tests; the program sets none. */
export interface StartProxyOptions extends Partial<World>, Omit<ProxyOptions, 'settings'> {}

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
  const { lookup, protocols, ...world } = options;
  const module = ProxyModule.register({ settings, lookup, protocols });
  const running = await startApp({ name: 'connectors-proxy', module, settings, logger, world });
  const { httpPort, httpsPort } = running.app.get(DataPlane, { strict: false });
  const { adminUrl } = running;
  logger.info({ httpPort, httpsPort, adminUrl }, 'serving');
  return { httpPort, httpsPort, adminUrl, stop: () => running.stop() };
}
