import path from 'node:path';
import { compareConformance, countResults, runConformance, type ConformanceResults, type ConformanceTarget } from '../conformance';
import { forwardVariables, MountedVolumes } from '../forward/mounted-volumes';
import { startProduct } from '../start-product';
import { formatTable } from '../../processes/progress';
import { type Registry } from '../registries';
import { connectorHost, NAMESPACE } from '../connector-names';
import { type Suite, type SuiteContext } from './suite';

/**
 * Registries against which the suite runs; the fixture must pass all tests. The list omits registries whose tokens are for one
 * repository: there the suite requests a token for only one of them, so a mount fails directly but works through the proxy.
 */
const REGISTRIES = ['dist3-htpasswd', 'dist3-anonymous', 'public-read', 'gitea', 'gitea-token', 'fixture-basic'];

/** Results that are no failure: the test passed, or the suite skipped it because the registry does not support the feature. */
const GOOD = new Set(['passed', 'skipped', 'disabled']);

interface Comparison {
  readonly registry: Registry;
  readonly direct: ConformanceResults;
  /** By the name of the way. */
  readonly proxied: Readonly<Record<Way, ConformanceResults>>;
}

const WAYS = ['the reverse proxy', 'the forward proxy'] as const;

type Way = (typeof WAYS)[number];

/** Runs the OCI conformance suite directly, and both ways through the proxy. Each test must have the same result. */
export const conformanceSuite: Suite = {
  async run(context) {
    const registries = context.registries.filter(({ name }) => REGISTRIES.includes(name));
    const comparisons: Comparison[] = [];
    for (const registry of registries) {
      comparisons.push(await compare(context, registry));
    }
    const rows = comparisons.flatMap(({ registry, direct, proxied }) => [
      [registry.name, 'direct', countText(direct)],
      ...WAYS.map((way) => [registry.name, `through ${way}`, countText(proxied[way])]),
    ]);
    process.stdout.write(`\n${formatTable(['registry', 'how', 'results'], rows)}\n\n`);
    const failures = comparisons.flatMap(failuresOf);
    const compared = comparisons.reduce((sum, { direct }) => sum + direct.size, 0);
    return { passed: WAYS.length * compared - failures.length, failures };
  },
};

async function compare(context: SuiteContext, registry: Registry): Promise<Comparison> {
  const product = await context.product(() => startProduct(context));
  const { host, protocol } = new URL(registry.directAddress ?? registry.address);
  const directory = path.join(context.directory, 'conformance', registry.name);
  const owner = registry.owner ? `${registry.owner}/` : '';
  const directTarget: ConformanceTarget = {
    registry: host,
    tls: protocol === 'https:' ? 'enabled' : 'disabled',
    prefix: owner,
    ...registry.account,
    caFile: context.registryCaFile,
  };
  const reverseTarget: ConformanceTarget = {
    registry: connectorHost(registry.name),
    tls: 'enabled',
    prefix: `namespaces/${NAMESPACE}/connectors/${registry.name}/${owner}through/`,
    username: 'connector',
    password: await product.token(),
    caFile: product.caFile,
  };
  const volumes = await context.volumes(() => MountedVolumes.start(context, product));
  const variables = await forwardVariables(await volumes.mount({ pod: `conformance-${registry.name}`, connectors: [registry.name] }));
  const forwardTarget: ConformanceTarget = {
    registry: new URL(registry.address).host,
    tls: directTarget.tls,
    prefix: `${owner}forward/`,
    variables,
  };
  return {
    registry,
    direct: await runConformance(directTarget, path.join(directory, 'direct')),
    proxied: {
      'the reverse proxy': await runConformance(reverseTarget, path.join(directory, 'reverse')),
      'the forward proxy': await runConformance(forwardTarget, path.join(directory, 'forward')),
    },
  };
}

function failuresOf({ registry, direct, proxied }: Comparison): string[] {
  const differences = WAYS.flatMap((way) =>
    compareConformance(direct, proxied[way]).map((difference) => `${registry.name}, ${way}: ${difference}`),
  );
  if (direct.size === 0) {
    return [`${registry.name}: the suite ran no test`];
  }
  if (registry.name !== 'fixture-basic') {
    return differences;
  }
  const own = [...direct].filter(([, statuses]) => !statuses.every((status) => GOOD.has(status)));
  return [...differences, ...own.map(([name, statuses]) => `the fixture directly: ${name}: ${statuses.join(', ')}`)];
}

function countText(results: ConformanceResults): string {
  return Object.entries(countResults(results))
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
}
