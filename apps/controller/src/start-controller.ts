import { startApp, type RunningApp, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ControllerSettings } from './controller.config';
import { ControllerModule } from './controller.module';
import { type ControllerOptions } from './create-replica';
import { Replica } from './replica';

/** Replacements for tests; the program sets none of them. */
export interface StartControllerOptions extends Partial<World>, Omit<ControllerOptions, 'settings'> {}

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
  const { random, protocols, ...world } = options;
  const module = ControllerModule.register({ settings, random, protocols });
  const running = await startApp({ name: 'connectors-controller', module, settings, logger, world });
  const replica = running.app.get(Replica, { strict: false });
  logger.info({ adminUrl: running.adminUrl }, 'serving');
  return { ...running, isLeader: () => replica.isLeader };
}
