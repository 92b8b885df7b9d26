import 'reflect-metadata';
import { neverOptimizeWebAssembly, runProgram, VERSION } from '@oci-connector/runtime';
import { ControllerSettings, environment } from './controller.config';
import { startController } from './start-controller';

neverOptimizeWebAssembly();

void runProgram(
  {
    name: 'connectors-controller',
    summary:
      'Reconciles Connectors and ConnectorClasses: checks them, creates their Services, probes their registries and writes their status. Owns the CA of the proxy.',
    version: VERSION,
    settings: ControllerSettings,
    environment,
    start: (settings, logger) => startController(settings, logger),
  },
  process.argv.slice(2),
);
