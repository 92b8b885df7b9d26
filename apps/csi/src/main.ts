import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { neverOptimizeWebAssembly, runProgram, VERSION } from '@oci-connector/runtime';
import { CsiSettings, environment } from './csi.config';
import { startCsi } from './start-csi';

// Keeps the heap's space for new objects at its initial size. Otherwise it grows to 32 MiB, although this program is idle most of the
// time and runs on every node.
setFlagsFromString('--semi-space-growth-factor=1');
neverOptimizeWebAssembly();

void runProgram(
  {
    name: 'connectors-csi',
    summary:
      "Mounts into pods the files that clients of Connectors need: the pod's own token, the proxy's addresses and CA, and client configuration. Keeps them fresh. Runs on every node.",
    version: VERSION,
    settings: CsiSettings,
    environment,
    start: (settings, logger) => startCsi(settings, logger),
  },
  process.argv.slice(2),
);
