import { startApp, type RunningApp, type World } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type ControllerSettings } from './controller.config';
import { ControllerModule, type ControllerOptions } from './controller.module';
import { ControllerService } from './controller.service';

/** What a test replaces; a program leaves all of it alone. */
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
  const service = running.app.get(ControllerService, { strict: false });
  return { ...running, isLeader: () => service.isLeader };
}
