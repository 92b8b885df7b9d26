import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitForConnectors } from '../installation/wait-for-connectors';
import { CsiDrivers, Pods, PublishedVolume } from '../kubelet/published-volume';
import { freePort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { searchLogs } from '../testbed/secret-search';
import { applySample } from './run-sample';
import { SAMPLE, samplePod } from './sample';
import { type Sandbox } from './sandbox';
import { startSandbox } from './start-sandbox';
import { PodClient, pushWith } from './test/pod-client';
import { VolumeReader } from './test/volume-reader';

const LIFETIME_SECONDS = 5;
const LIFETIMES = 3;

/** Half of a lifetime is left for a machine that is busy; the kubelet's fifth would be one second. */
const KEEPING = { republishMs: 250, renewalShare: 0.5 };

/** A client that pushes without a pause would only heat the machine. */
const BETWEEN_PUSHES_MS = 50;

/** For building, starting and three lifetimes, on any machine. */
const DEADLINE_MS = 1_200_000;

describe('a volume with tokens of 5 s, for three lifetimes: three processes, an in-memory API, a registry', () => {
  const closing: (() => Promise<unknown>)[] = [];
  const republishProblems: string[] = [];
  let directory: string;
  let sandbox: Sandbox;
  let volume: PublishedVolume;
  let client: PodClient;
  let reader: VolumeReader;

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'lifetimes-'));
    const group = new ProcessGroup(path.join(directory, 'logs'));
    closing.push(() => group.stopAll());
    const ports = { http: await freePort(), https: await freePort() };
    const settings = { OCI_CONNECTOR_LOG_LEVEL: 'debug' };
    sandbox = await startSandbox({ directory, ports, group, closing, settings, minimumTokenSeconds: LIFETIME_SECONDS });
    await applySample(sandbox);
    const [verdict] = await waitForConnectors(sandbox.client, [SAMPLE.connector]);
    expect(verdict).toMatchObject({ ready: 'True' });
    const tokenRequests = [{ audience: 'connectors-proxy', expirationSeconds: LIFETIME_SECONDS }];
    await sandbox.client.patch(CsiDrivers, { name: 'connectors-csi' }, { spec: { tokenRequests } });
    const pod = await sandbox.client.create(Pods, samplePod());
    const { csiSocket: socket, kubeletDirectory } = sandbox;
    const onProblem = ({ message }: Error): unknown => republishProblems.push(message);
    volume = await PublishedVolume.publish({
      client: sandbox.client,
      socket,
      kubeletDirectory,
      pod,
      volume: SAMPLE.pod.volume,
      onProblem,
      ...KEEPING,
    });
    client = new PodClient(sandbox, volume);
    reader = await VolumeReader.of(volume);
    await useForThreeLifetimes();
  }, DEADLINE_MS);

  afterAll(async () => {
    for (const close of closing) {
      await close();
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** Until the time is over and a client with a new token for each lifetime, and one more, has pushed. */
  async function useForThreeLifetimes(): Promise<void> {
    const end = Date.now() + LIFETIMES * LIFETIME_SECONDS * 1000;
    const isOver = (): boolean => Date.now() > end && client.tokens.size > LIFETIMES;
    let hasFailed = false;
    const loop = async (work: () => Promise<unknown>): Promise<void> => {
      try {
        while (!isOver() && !hasFailed) {
          await work();
        }
      } finally {
        hasFailed = !isOver();
      }
    };
    await Promise.all([
      loop(() => client.push().then(() => delay(BETWEEN_PUSHES_MS))),
      loop(() => reader.lookThroughDataLink()),
      loop(() => reader.lookByNames()),
    ]);
    process.stdout.write(
      `  ${client.pushes} pushes with ${client.tokens.size} tokens, ${client.overtaken} overtaken by the end of their token; ` +
        `${reader.looks} looks at ${reader.sets.size} sets of files\n`,
    );
  }

  it('a client that reads its login from the volume goes on pushing', () => {
    expect([...client.problems]).toEqual([]);
    expect(client.tokens.size).toBeGreaterThan(LIFETIMES);
  });

  it('a reader sees every set of files whole, and never a mixture', () => {
    expect([...reader.problems]).toEqual([]);
    expect(reader.names).toEqual(expect.arrayContaining(['.env', 'ca.crt', 'config.json', 'context.token', 'http.proxy']));
    expect(reader.sets.size).toBeGreaterThan(LIFETIMES);
  });

  it('no republish fails', () => {
    expect(republishProblems).toEqual([]);
  });

  it('tokens really end: the first one is refused by now', async () => {
    const [password] = volume.issued;
    if (!password) {
      throw new Error('no token');
    }
    await expect(pushWith(sandbox, { username: 'any', password })).rejects.toThrow('status 401');
  });

  it('unpublishing removes the files', async () => {
    await volume.unpublish();
    await expect(VolumeReader.of(volume)).rejects.toThrow('ENOENT');
  });

  it('no log has a token', async () => {
    const secrets = volume.issued.map((token) => ({ name: 'a token', value: token.reveal() }));
    expect(await searchLogs(path.join(directory, 'logs'), secrets)).toEqual([]);
  });
});
