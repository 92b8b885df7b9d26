import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Clock, systemClock } from '@oci-connector/clock';
import { type ProtocolProbes } from '@oci-connector/diagnosis';
import { KubeClient, type KubeConnection } from '@oci-connector/kube';
import { kubeConnectionOf, readCaBundle, readTogether, startApp, type RunningApp } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ControllerSettings } from './controller.config';
import { ControllerModule } from './controller.module';
import { ControllerService } from './controller.service';

/** What a test replaces; a program leaves all of it alone. */
export interface StartControllerOptions {
  readonly connection?: KubeConnection;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Probes besides the shipped ones, by the name in `spec.protocol`. */
  readonly protocols?: Readonly<Record<string, ProtocolProbes>>;
}

/** A running controller. */
export interface RunningController extends RunningApp {
  readonly isLeader: () => boolean;
}

/** Starts a replica of the controller. Resolves when its admin port serves; leading begins when the Lease is free. */
export async function startController(
  settings: ControllerSettings,
  logger: Logger,
  options: StartControllerOptions = {},
): Promise<RunningController> {
  const { clock = systemClock, random = Math.random } = options;
  const [connection, installationCa] = await readTogether([
    options.connection ?? kubeConnectionOf(settings),
    readCaBundle(settings.caBundle),
  ] as const);
  const module = ControllerModule.forDependencies({
    settings,
    client: KubeClient.fromConnection(connection, { clock, userAgent: 'connectors-controller' }),
    installationCa,
    // The pod's name for people, random bytes because a restarted container keeps its host name.
    identity: `${hostname()}-${randomBytes(4).toString('hex')}`,
    clock,
    random,
    protocols: options.protocols,
  });
  const running = await startApp({ module, logger, adminHost: settings.adminHost, adminPort: settings.adminPort });
  const service = running.app.get(ControllerService, { strict: false });
  return { ...running, isLeader: () => service.isLeader };
}
