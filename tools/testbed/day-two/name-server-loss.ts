import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { sha256 } from '../oci-layout';
import { FOLLOWS_MS, readyReplicas } from './replicas';
import { expectStatus, type ServiceClient } from './service-client';

/** Longer than the proxy uses an address of a name without asking again, in milliseconds. */
const ADDRESSES_EXPIRED_MS = 31_000;

/** More than the connections to the registry that exist before, so that others have to be made. */
const CONCURRENT = 20;

const BLOB_BYTES = 16 * 1024 * 1024;

export interface NameServerLoss {
  readonly cluster: InstalledCluster;
  /** Of a registry that is in use. */
  readonly client: ServiceClient;
  /** Of a registry that no client has used yet. */
  readonly unused: ServiceClient;
}

/** Stops CoreDNS while a transfer runs. */
export async function checkNameServerLoss(checks: Checks, { cluster, client, unused }: NameServerLoss): Promise<void> {
  const content = randomBytes(BLOB_BYTES);
  const blob = await client.push('names/app', content);
  const programs = await cluster.containers();
  // Each replica remembers the addresses that it has looked up itself.
  for (const { address } of await readyReplicas(cluster)) {
    expectStatus(await client.send(blob, { replica: address }), 200);
  }
  const running = await client.open(blob);
  await cluster.dns.stop();
  try {
    await checks.check('CoreDNS is stopped: a running transfer ends well', async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of running) {
        chunks.push(chunk as Buffer);
      }
      expectEqual(sha256(Buffer.concat(chunks)), sha256(content), 'digest');
    });
    await checks.check('a registry that was not used before gets 502, and the message names the DNS', async () => {
      const { body } = expectStatus(await unused.send(TAGS), 502);
      process.stdout.write(`       ${body.toString()}\n`);
      expectParts(body.toString(), ['name server']);
    });
    await delay(ADDRESSES_EXPIRED_MS);
    await checks.check('a registry that was used before continues to work, also over new connections', async () => {
      const answers = await Promise.all(Array.from({ length: CONCURRENT }, () => client.send(blob)));
      expectEqual([...new Set(answers.map(({ status, body }) => `${status} ${body.length}`))], [`200 ${BLOB_BYTES}`], 'answers');
    });
  } finally {
    await cluster.dns.start();
  }
  await checks.check('CoreDNS is back: the other registry works too, and no program was restarted', async () => {
    await until(FOLLOWS_MS, async () => expectStatus(await unused.send(TAGS), 404));
    expectEqual(await cluster.containers(), programs, 'containers');
  });
}

const TAGS = '/v2/names/absent/tags/list';
