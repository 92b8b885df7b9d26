import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { until } from '../../processes/until';
import { type Checks, expectEqual } from '../checks';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { sha256 } from '../oci-layout';
import { type SealedRegistry } from './sealed-registry';
import { FOLLOWS_MS, inFlight, processOf, readyReplicas, type ProgramPod } from './replicas';
import { expectStatus, type ServiceClient } from './service-client';

const TRANSFERS = 50;

/** Larger than all buffers on the way, so that a transfer whose client does not read is in progress. */
const BLOB_BYTES = 16 * 1024 * 1024;

const CHUNK = randomBytes(256 * 1024);

/** How a download ended. */
interface Ending {
  /** Whether all bytes arrived, and the connection did not end before. */
  readonly complete: boolean;
  readonly digest: string;
}

interface Download {
  readonly ending: Ending;
  /** How often an incomplete download was repeated until it succeeded, or why it did not succeed. */
  readonly repeated: number | Error;
}

/**
 * Kills a replica of the proxy in the middle of 50 downloads: those of the other one are not affected, those of the killed one fail, and
 * are repeated at once. Uploads that the killed one began continue at the other one.
 */
export async function checkKilledReplica(
  checks: Checks,
  { cluster, client, sealed }: { cluster: InstalledCluster; client: ServiceClient; sealed: SealedRegistry },
): Promise<void> {
  const content = randomBytes(BLOB_BYTES);
  const blob = await client.push('killed/app', content);
  const digest = blob.split('/').at(-1) ?? '';
  const [killed, other] = await readyReplicas(cluster);
  const uploads = await beginUploads([client, sealed.client], killed);
  const { downloads, broken } = await until(FOLLOWS_MS, () => openAtBoth(() => client.open(blob), killed, other));
  process.kill(await processOf(killed.container), 'SIGKILL');
  const ended = await Promise.all(downloads.map((response) => follow(client, { response, blob, digest })));
  const [complete, failed] = [ended.filter(({ ending }) => ending.complete), ended.filter(({ ending }) => !ending.complete)];
  await checks.check('a replica is killed during 50 downloads: those of the other replica end well', () => {
    expectEqual(complete.length, TRANSFERS - broken, 'complete downloads');
    expectEqual([...new Set(complete.map(({ ending }) => ending.digest))], [digest], 'digests of the complete downloads');
  });
  await checks.check('each download of the killed replica ends with an error of its connection', () =>
    expectEqual(failed.length, broken, 'downloads that ended early'),
  );
  await checks.check('each of them succeeds when the client repeats it immediately; until then only connections are refused', () => {
    const attempts = failed.map(({ repeated }) => repeated);
    expectEqual(
      attempts.filter((attempt) => attempt instanceof Error).map(({ message }) => message),
      [],
      'failures',
    );
    process.stdout.write(`       ${broken} of ${TRANSFERS} downloads, repeated ${attempts.join(', ')} times\n`);
  });
  await checks.check('uploads that the killed replica began end well at the other one, also with a sealed location', async () => {
    for (const upload of uploads) {
      await finishUpload(upload, other);
    }
    expectEqual(sealed.fixture.openUploads(), [], 'open uploads in the registry');
  });
  await checks.check('the killed replica comes back', async () => {
    const back = await readyReplicas(cluster);
    expectEqual(
      back.map(({ name }) => name),
      [killed.name, other.name],
      'pods',
    );
  });
}

/**
 * Opens the downloads, of which kube-proxy gives each replica about half.
 *
 * @returns them, and the number of those of the first replica @throws Error when one has none, because kube-proxy does not know it yet
 */
async function openAtBoth(
  open: () => Promise<IncomingMessage>,
  first: ProgramPod,
  second: ProgramPod,
): Promise<{ readonly downloads: readonly IncomingMessage[]; readonly broken: number }> {
  const downloads = await Promise.all(Array.from({ length: TRANSFERS }, open));
  // The metric follows the requests, also those of an earlier attempt.
  const [broken, others] = await until(FOLLOWS_MS, async () => {
    const counts = [await inFlight(first), await inFlight(second)] as const;
    expectEqual(counts[0] + counts[1], TRANSFERS, 'transfers in progress');
    return counts;
  });
  if (broken === 0 || others === 0) {
    for (const download of downloads) {
      download.destroy();
    }
    throw new Error(`one replica has no transfer: ${broken} and ${others}`);
  }
  return { downloads, broken };
}

interface Upload {
  readonly client: ServiceClient;
  readonly location: string;
}

/** Begins an upload with one chunk at each registry, by the replica that will be killed. */
async function beginUploads(clients: readonly ServiceClient[], { address: replica }: ProgramPod): Promise<Upload[]> {
  const uploads: Upload[] = [];
  for (const client of clients) {
    const location = await client.begin('killed/uploads', replica);
    uploads.push({ client, location: await client.append(location, { chunk: CHUNK, offset: 0, replica }) });
  }
  return uploads;
}

async function finishUpload({ client, location }: Upload, { address: replica }: ProgramPod): Promise<void> {
  const next = await client.append(location, { chunk: CHUNK, offset: CHUNK.length, replica });
  await client.finish(next, Buffer.concat([CHUNK, CHUNK, CHUNK]), { chunk: CHUNK, replica });
}

/** Reads a download to its end, and repeats it if it fails. */
async function follow(
  client: ServiceClient,
  { response, blob, digest }: { response: IncomingMessage; blob: string; digest: string },
): Promise<Download> {
  const ending = await endingOf(response);
  return { ending, repeated: ending.complete ? 0 : await repeat(client, blob, digest).catch((error: Error) => error) };
}

/** Reads a response to its end, as a client that checks the digest. */
async function endingOf(response: IncomingMessage): Promise<Ending> {
  const hash = createHash('sha256');
  let length = 0;
  let failed = false;
  try {
    for await (const chunk of response) {
      hash.update(chunk as Buffer);
      length += (chunk as Buffer).length;
    }
  } catch {
    failed = true;
  }
  return { complete: !failed && response.complete && length === BLOB_BYTES, digest: `sha256:${hash.digest('hex')}` };
}

/**
 * Downloads with a new connection each time until it succeeds, without a pause.
 *
 * @returns the number of attempts @throws Error when an attempt fails in another way than documented
 */
async function repeat(client: ServiceClient, blob: string, digest: string): Promise<number> {
  const deadline = Date.now() + FOLLOWS_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await client.send(blob);
      // The replica that starts again has not read its objects yet.
      if (response.status !== 503) {
        const { body } = expectStatus(response, 200);
        expectEqual(sha256(body), digest, 'digest');
        return attempt;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ECONNREFUSED' || Date.now() > deadline) {
        throw error;
      }
    }
  }
}
