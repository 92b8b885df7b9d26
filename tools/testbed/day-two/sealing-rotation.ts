import { randomBytes } from 'node:crypto';
import { SEALING_KEYS_NAME, SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { Secrets, type KubeClient } from '@oci-connector/kube';
import { until } from '../../processes/until';
import { type Checks, expectEqual } from '../checks';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { type SealedRegistry } from './sealed-registry';
import { FOLLOWS_MS, readyReplicas } from './replicas';

const KEY = { namespace: SYSTEM, name: SEALING_KEYS_NAME };
const ROTATED_AT = 'connectors.alauda.io/rotated-at';

const CHUNK = randomBytes(256 * 1024);

/** Rotates the sealing key during an upload, whose requests alternate between both replicas. */
export async function checkSealingRotation(checks: Checks, cluster: InstalledCluster, sealed: SealedRegistry): Promise<void> {
  const { client, fixture } = sealed;
  const [a, b] = (await readyReplicas(cluster)).map(({ address }) => address);
  const programs = await cluster.containers();
  const content = Buffer.concat([CHUNK, CHUNK, CHUNK]);
  const first = await client.append(await client.begin('sealed/app', a), { chunk: CHUNK, offset: 0, replica: b });
  const before = await currentKey(cluster.client);
  await age(cluster.client);
  await checks.check('the controller rotates a sealing key that is a day old, and keeps the previous one', () =>
    until(FOLLOWS_MS, async () => {
      const { data } = await cluster.client.get(Secrets, KEY);
      expectEqual([data?.['current'] === before, data?.['previous'] === before], [false, true], 'keys');
    }),
  );
  await checks.check('an upload that began before the rotation ends well after it, through both replicas', async () => {
    const second = await client.append(first, { chunk: CHUNK, offset: CHUNK.length, replica: a });
    await client.finish(second, content, { chunk: CHUNK, replica: b });
  });
  await checks.check('an upload that begins after it at either replica ends well at the other one', async () => {
    for (const [begins, ends] of [
      [a, b],
      [b, a],
    ]) {
      const location = await client.begin('sealed/app', begins);
      await client.finish(await client.append(location, { chunk: CHUNK, offset: 0, replica: ends }), Buffer.concat([CHUNK, CHUNK]), {
        chunk: CHUNK,
        replica: begins,
      });
    }
    expectEqual(fixture.openUploads(), [], 'open uploads in the registry');
  });
  await checks.check('no program was restarted', async () => expectEqual(await cluster.containers(), programs, 'containers'));
}

async function currentKey(client: KubeClient): Promise<string> {
  const { data } = await client.get(Secrets, KEY);
  return data?.['current'] ?? '';
}

/** Makes the current key as old as one that is due for a rotation. */
async function age(client: KubeClient): Promise<void> {
  const secret = await client.get(Secrets, KEY);
  const rotatedAt = new Date(Date.now() - SEALING_PERIOD_MS).toISOString();
  const annotations = { ...secret.metadata.annotations, [ROTATED_AT]: rotatedAt };
  await client.update(Secrets, { ...secret, metadata: { ...secret.metadata, annotations } });
}
