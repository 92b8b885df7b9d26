import { type Clock, systemClock } from '@oci-connector/clock';
import { KubeClient, type KubeConnection } from '@oci-connector/kube';
import { kubeConnectionOf, startApp } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type CsiSettings } from './csi.config';
import { CsiModule } from './csi.module';
import { kubeletPaths } from './kubelet-paths';
import { type Mounter } from './mount/mounter';

/** What a test replaces; a program leaves all of it alone. */
export interface StartCsiOptions {
  readonly connection?: KubeConnection;
  readonly clock?: Clock;
  readonly mounter?: Mounter;
}

/** A running driver. */
export interface RunningCsi {
  /** Where /healthz, /readyz and /metrics are served. */
  readonly adminUrl: string;
  /** Stops as on SIGTERM; volumes stay mounted. */
  stop(): Promise<void>;
}

/** Starts the driver of one node. Resolves when its sockets are served; /readyz tells when it can mount. */
export async function startCsi(settings: CsiSettings, logger: Logger, options: StartCsiOptions = {}): Promise<RunningCsi> {
  const { clock = systemClock, mounter } = options;
  const connection = options.connection ?? (await kubeConnectionOf(settings));
  const client = KubeClient.fromConnection(connection, { clock, userAgent: 'connectors-csi' });
  const module = CsiModule.forDependencies({ settings, client, clock, mounter });
  const running = await startApp({ module, logger, adminHost: settings.adminHost, adminPort: settings.adminPort });
  const { adminUrl } = running;
  logger.info({ socket: kubeletPaths(settings).socket, adminUrl }, 'serving');
  return { adminUrl, stop: () => running.stop() };
}
