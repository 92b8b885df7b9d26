import 'reflect-metadata';
import { runProgram, VERSION } from '@oci-connector/runtime';
import { ControllerSettings, environment } from './controller.config';
import { startController } from './start-controller';

void runProgram(
  {
    name: 'connectors-controller',
    summary:
      'Reconciles Connectors and ConnectorClasses: checks them, makes their Services, probes their registries, writes their status; owns the CA of the proxy.',
    version: VERSION,
    settings: ControllerSettings,
    environment,
    start: (settings, logger) => startController(settings, logger),
  },
  process.argv.slice(2),
);
