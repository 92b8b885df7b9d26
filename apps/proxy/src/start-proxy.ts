import { startApp, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ProxyOptions } from './create-data-plane';
import { DataPlane } from './data-plane';
import { type ProxySettings } from './proxy.config';
import { ProxyModule } from './proxy.module';

/** What a test replaces; a program leaves all of it alone. */
export interface StartProxyOptions extends Partial<World>, Omit<ProxyOptions, 'settings'> {}

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
  const { lookup, protocols, ...world } = options;
  const module = ProxyModule.register({ settings, lookup, protocols });
  const running = await startApp({ name: 'connectors-proxy', module, settings, logger, world });
  const { httpPort, httpsPort } = running.app.get(DataPlane, { strict: false });
  const { adminUrl } = running;
  logger.info({ httpPort, httpsPort, adminUrl }, 'serving');
  return { httpPort, httpsPort, adminUrl, stop: () => running.stop() };
}
