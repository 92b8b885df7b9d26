import 'reflect-metadata';
import { optimizeWebAssemblyLater, runProgram, VERSION } from '@oci-connector/runtime';
import { environment, ProxySettings } from './proxy.config';
import { startProxy } from './start-proxy';

optimizeWebAssemblyLater();

void runProgram(
  {
    name: 'connectors-proxy',
    summary:
      'Lets workloads push and pull through Connectors with only a ServiceAccount token: checks the token and the permission, adds the credential, and streams the bytes.',
    version: VERSION,
    settings: ProxySettings,
    environment,
    start: (settings, logger) => startProxy(settings, logger),
  },
  process.argv.slice(2),
);
