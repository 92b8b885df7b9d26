import { startApp, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type DriverOptions } from './create-driver';
import { type CsiSettings } from './csi.config';
import { CsiModule } from './csi.module';
import { kubeletPaths } from './kubelet-paths';

/** What a test replaces; a program leaves all of it alone. */
export interface StartCsiOptions extends Partial<Omit<World, 'installationCa'>>, Omit<DriverOptions, 'settings'> {}

/** A running driver. */
export interface RunningCsi {
  /** Where /healthz, /readyz and /metrics are served. */
  readonly adminUrl: string;
  /** Stops as on SIGTERM; volumes stay mounted. */
  stop(): Promise<void>;
}

/** Starts the driver of one node. Resolves when its sockets are served; /readyz tells when it can mount. */
export async function startCsi(settings: CsiSettings, logger: Logger, options: StartCsiOptions = {}): Promise<RunningCsi> {
  const { mounter, ...world } = options;
  const module = CsiModule.register({ settings, mounter });
  const running = await startApp({ name: 'connectors-csi', module, settings, logger, world });
  const { adminUrl } = running;
  logger.info({ socket: kubeletPaths(settings).socket, adminUrl }, 'serving');
  return { adminUrl, stop: () => running.stop() };
}
