import path from 'node:path';
import { curlClient } from '../clients/curl';
import { type RegistryClient } from '../clients/registry-client';
import { step } from '../../processes/progress';
import { Checks, type CheckResult } from '../checks';
import { checkAccessLog } from '../forward/access-log';
import { startDaemonClients } from '../forward/daemon-clients';
import { forwardVariables, MountedVolumes, type Mount } from '../forward/mounted-volumes';
import { TokenEnd } from '../forward/token-end';
import { runMatrix, type MatrixTarget } from '../matrix';
import { type Product } from '../product';
import { type Registry } from '../registries';
import { startProduct } from '../start-product';
import { type Suite, type SuiteContext } from './suite';

/** Tokens from another origin. */
const TOKEN_REGISTRY = 'dist3-token';

/**
 * Tokens from another origin; accounts of the registry; blobs at another host; a CA that only the Connector trusts; a port in the name,
 * and two challenges.
 */
const REGISTRIES = [TOKEN_REGISTRY, 'dist3-htpasswd', 'blob-redirects', 'private-ca', 'gitea'];

/** containerd pulls for the node, not for a pod. The docker engine is another one here. */
const LEFT_OUT = ['ctr', 'docker'];

/** The ports of the proxy. A volume has the URL of one of them. The https port refuses plain http. */
const PORTS = {
  http: { attributes: {}, url: /^http:.*:80$/ },
  https: { attributes: { 'configuration.params': JSON.stringify({ proxy: { tls: 'true' } }) }, url: /^https:.*:443$/ },
} as const;

/**
 * Runs every client through `https_proxy`, with the registries' own names and only the files of a volume: to the http port, and to the
 * https port. Meanwhile the token of the daemons on the http port ends.
 */
export const forwardSuite: Suite = {
  async run(context) {
    const product = await context.product(() => startProduct(context));
    const volumes = await context.volumes(() => MountedVolumes.start(context, product));
    const forward: Forward = { context, product, volumes };
    const checks = new Checks();
    const registry = context.registries.find(({ name }) => name === TOKEN_REGISTRY);
    if (!registry) {
      throw new Error(`there is no registry ${TOKEN_REGISTRY}`);
    }
    const tokenEnd = await TokenEnd.start({ context, product, volumes, connectors: REGISTRIES, registry });
    const [daemons, lasting] = await step('starting daemons', () =>
      Promise.all([startDaemonClients(context, 'forward', tokenEnd.variables), tokenEnd.startLasting()]),
    );
    const plain = await runClients(forward, { name: 'forward', port: 'http', registries: REGISTRIES, daemons });
    await tokenEnd.checkLasting(checks, lasting, 'before the token ends');
    await tokenEnd.end();
    const overTls = await runOverTls(forward);
    await tokenEnd.checkEnded(checks, daemons);
    await tokenEnd.checkLasting(checks, lasting, 'after the token has ended');
    await tokenEnd.close();
    const results = [plain, overTls, checks.result];
    return { passed: results.reduce((sum, { passed }) => sum + passed, 0), failures: results.flatMap(({ failures }) => failures) };
  },
};

interface Forward {
  readonly context: SuiteContext;
  readonly product: Product;
  readonly volumes: MountedVolumes;
}

interface Run {
  /** First part of the name of every repository of this run. */
  readonly name: string;
  readonly port: keyof typeof PORTS;
  readonly registries: readonly string[];
  readonly daemons: readonly RegistryClient[];
}

async function runClients(forward: Forward, { name, port, registries, daemons }: Run): Promise<CheckResult> {
  const { context, product } = forward;
  const targetOf = async (registry: Registry): Promise<MatrixTarget> => {
    const variables = await variablesOf(forward, port, { pod: `${name}-${registry.name}`, connectors: [registry.name] });
    return { registry, host: new URL(registry.address).host, prefix: { https: '' }, variables };
  };
  const targets = await Promise.all(context.registries.filter((registry) => registries.includes(registry.name)).map(targetOf));
  const clients = [...context.clients.filter((client) => !LEFT_OUT.includes(client.name)), ...daemons, curlClient];
  const { table, passed, failures } = await runMatrix({ ...context, clients, targets, directory: path.join(context.directory, name) });
  process.stdout.write(`\n${table}\n\n`);
  const found = await checkAccessLog(product.proxy.logFile, name, clients.length * targets.length);
  return { passed: passed + found.passed, failures: [...failures, ...found.failures] };
}

async function runOverTls(forward: Forward): Promise<CheckResult> {
  const name = 'over-tls';
  const variables = await variablesOf(forward, 'https', { pod: `${name}-daemons`, connectors: [TOKEN_REGISTRY] });
  const daemons = await startDaemonClients(forward.context, name, variables);
  return runClients(forward, { name, port: 'https', registries: [TOKEN_REGISTRY], daemons });
}

/**
 * Mounts a volume for a port of the proxy, and returns the variables from its files.
 *
 * @throws Error when the URL of the proxy has another port
 */
async function variablesOf({ volumes }: Forward, port: keyof typeof PORTS, mount: Mount): Promise<Readonly<Record<string, string>>> {
  const { attributes, url } = PORTS[port];
  const variables = await forwardVariables(await volumes.mount({ ...mount, attributes }));
  const wrong = Object.keys(variables).filter((name) => /^https?_proxy$/i.test(name) && !url.test(variables[name] ?? ''));
  if (wrong.length > 0) {
    throw new Error(`not the ${port} port of the proxy: ${wrong.join(', ')}`);
  }
  return variables;
}
