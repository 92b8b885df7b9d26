import 'reflect-metadata';
import { runProgram } from '@oci-connector/runtime';
import { CsiSettings, environment, VERSION } from './csi.config';
import { startCsi } from './start-csi';

void runProgram(
  {
    name: 'connectors-csi',
    summary: "Mounts what clients of Connectors need into pods: the pod's own token, the proxy's addresses and CA, client configuration; and keeps it fresh. Runs on every node.",
    version: VERSION,
    settings: CsiSettings,
    environment,
    start: (settings, logger) => startCsi(settings, logger),
  },
  process.argv.slice(2),
);
