import { expectEqual, type Checks } from '../checks';
import { formatTable } from '../../processes/progress';
import { digestPrinted, POD_CLIENTS, targetOf, type ClientTask, type PodClient } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A } from './tenants';

const TASK: ClientTask = {
  namespace: TEAM_A.namespace,
  serviceAccount: TEAM_A.name,
  connector: `${PLATFORM.namespace}/${PLATFORM.name}`,
  host: CONNECTOR_HOST,
  source: SOURCE,
};

/** Checks that every client, in its own pod, pulls and pushes with only the files of its volume. */
export async function checkClients(checks: Checks, tests: ClusterTests): Promise<void> {
  const pods = POD_CLIENTS.map((client) => client.pod(TASK));
  for (const pod of pods) {
    await tests.pods.create(pod);
  }
  const rows: string[][] = [];
  for (const client of POD_CLIENTS) {
    const pulled = await checks.check(`${client.name} pulls`, () => checkPull(tests, client));
    const pushed = await checks.check(`${client.name} pushes`, () => checkPush(tests, client));
    rows.push([client.name, ...[pulled, pushed].map((passed) => (passed ? 'ok' : 'FAIL'))]);
  }
  process.stdout.write(`\n${formatTable(['client', 'pull', 'push'], rows)}\n\n`);
}

interface Manifest {
  readonly layers: readonly { readonly digest: string }[];
}

/** Checks that the client pulled the image of the registry. For a client that builds, its layer must be the first layer of the result. */
async function checkPull({ pods, registry, sourceDigest }: ClusterTests, client: PodClient): Promise<void> {
  const log = await pods.result(client.pod(TASK));
  if (!client.builds) {
    return expectEqual(digestPrinted(log, 'PULLED'), sourceDigest, 'digest of the pulled image');
  }
  const layers = async (name: string): Promise<string[]> =>
    (JSON.parse(await registry.manifest(name)) as Manifest).layers.map(({ digest }) => digest);
  const target = `${targetOf(client).split(':')[0]}@${digestPrinted(log, 'PUSHED')}`;
  expectEqual((await layers(target)).slice(0, 1), await layers(SOURCE), 'layers of the base');
}

async function checkPush({ pods, registry }: ClusterTests, client: PodClient): Promise<void> {
  const log = await pods.result(client.pod(TASK));
  expectEqual(await registry.digest(targetOf(client)), digestPrinted(log, 'PUSHED'), 'digest in the registry');
}
