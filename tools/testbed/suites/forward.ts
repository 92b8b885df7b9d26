import path from 'node:path';
import { buildkitClient, startBuildkit } from '../clients/buildkit';
import { curlClient } from '../clients/curl';
import { dockerClient, startDockerEngine } from '../clients/docker';
import { type RegistryClient } from '../clients/registry-client';
import { step } from '../../processes/progress';
import { checkAccessLog } from '../forward/access-log';
import { forwardVariables, MountedVolumes } from '../forward/mounted-volumes';
import { runMatrix, type MatrixTarget } from '../matrix';
import { type Registry } from '../registries';
import { startProduct } from '../start-product';
import { type Suite, type SuiteContext } from './suite';

/**
 * Tokens from another origin; accounts of the registry; blobs at another host; a CA that only the Connector trusts; a port in the name,
 * and two challenges.
 */
const REGISTRIES = ['dist3-token', 'dist3-htpasswd', 'blob-redirects', 'private-ca', 'gitea'];

/** containerd pulls for the node, not for a pod. The docker engine is another one here. */
const LEFT_OUT = ['ctr', 'docker'];

/** Runs every client through `https_proxy`, with the registries' own names and only the files of a volume. */
export const forwardSuite: Suite = {
  async run(context) {
    const product = await context.product(() => startProduct(context));
    const volumes = await context.volumes(() => MountedVolumes.start(context, product));
    const registries = context.registries.filter(({ name }) => REGISTRIES.includes(name));
    const targets = await Promise.all(registries.map((registry) => targetOf(registry, volumes)));
    const clients = await step('starting daemons with the forward proxy', () => startClients(context, volumes));
    const { table, passed, failures } = await runMatrix({ ...context, clients, targets, directory: path.join(context.directory, NAME) });
    process.stdout.write(`\n${table}\n\n`);
    const found = await checkAccessLog(product.proxy.logFile, NAME, clients.length * targets.length);
    return { passed: passed + found.passed, failures: [...failures, ...found.failures] };
  },
};

/** First part of the name of every repository of this suite. */
const NAME = 'forward';

async function targetOf(registry: Registry, volumes: MountedVolumes): Promise<MatrixTarget> {
  const volume = await volumes.mount(registry.name, [registry.name]);
  return { registry, host: new URL(registry.address).host, prefix: { https: '' }, variables: await forwardVariables(volume) };
}

/** Returns the clients. One daemon serves all registries, so its login names all Connectors. */
async function startClients({ clients, group, directory }: SuiteContext, volumes: MountedVolumes): Promise<RegistryClient[]> {
  const variables = await forwardVariables(await volumes.mount('daemons', REGISTRIES));
  const engine = await startDockerEngine(group, { directory: path.join(directory, 'dockerd-forward'), variables });
  const buildkit = await startBuildkit(group, path.join(directory, 'buildkitd-forward'), variables);
  return [
    ...clients.filter(({ name }) => !LEFT_OUT.includes(name)),
    dockerClient({ http: engine, https: engine }),
    buildkitClient(buildkit),
    curlClient,
  ];
}
