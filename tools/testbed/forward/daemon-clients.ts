import path from 'node:path';
import { buildkitClient, startBuildkit } from '../clients/buildkit';
import { dockerClient, startDockerEngine } from '../clients/docker';
import { type RegistryClient } from '../clients/registry-client';
import { type TestbedContext } from '../testbed-context';

/** Starts the daemons of docker and BuildKit with the variables of a proxy, and returns their clients. */
export async function startDaemonClients(
  { group, directory }: TestbedContext,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<RegistryClient[]> {
  const [engine, buildkit] = await Promise.all([
    startDockerEngine(group, { directory: path.join(directory, `dockerd-${name}`), variables }),
    startBuildkit(group, { directory: path.join(directory, `buildkitd-${name}`), variables }),
  ]);
  return [dockerClient({ http: engine, https: engine }), buildkitClient(buildkit)];
}
