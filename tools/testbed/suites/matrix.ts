import path from 'node:path';
import { runMatrix } from '../matrix';
import { startProduct } from '../start-product';
import { connectorHost, NAMESPACE } from '../connector-names';
import { trustRegistry } from '../world';
import { type Suite } from './suite';

/** Runs every client against every registry through the proxy, with two of the three forms of addresses. */
export const matrixSuite: Suite = {
  async run(context) {
    const product = await context.product(() => startProduct(context));
    const targets = context.registries
      .filter(({ outsideMatrix }) => !outsideMatrix)
      .map((registry) => ({
        registry,
        host: connectorHost(registry.name),
        // The host form over http and the path form over https: this tests both without doubling the time.
        prefix: { http: '', https: `namespaces/${NAMESPACE}/connectors/${registry.name}/` },
        settings: {
          caFile: product.caFile,
          login: async () => ({ username: 'connector', password: await product.token() }),
        },
      }));
    for (const { host } of targets) {
      await trustRegistry(host, product.caFile);
    }
    const { table, ...result } = await runMatrix({
      ...context,
      targets,
      directory: path.join(context.directory, 'matrix'),
    });
    process.stdout.write(`\n${table}\n\n`);
    return result;
  },
};
