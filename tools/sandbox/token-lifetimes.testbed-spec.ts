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

/**
 * Tokens are renewed after half of their lifetime, which leaves time on a busy machine. The kubelet leaves a fifth, which would
 * be one second.
 */
const KEEPING = { republishMs: 250, renewalShare: 0.5 };

/** Pause between pushes, in milliseconds; pushing without a pause would only load the machine. */
const BETWEEN_PUSHES_MS = 50;

/** Limit for building, starting and three lifetimes on a slow machine, in milliseconds. */
const DEADLINE_MS = 1_200_000;

describe('a volume with tokens that live 5 s, during three lifetimes, with three processes, an in-memory API and a registry', () => {
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

  /** Uses the volume until three lifetimes have passed and the client has pushed with more than three tokens. */
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
      `  ${client.pushes} pushes with ${client.tokens.size} tokens, ${client.overtaken} whose token expired during the push; ` +
        `${reader.looks} looks at ${reader.sets.size} sets of files\n`,
    );
  }

  it('a client that reads its login from the volume can push all the time', () => {
    expect([...client.problems]).toEqual([]);
    expect(client.tokens.size).toBeGreaterThan(LIFETIMES);
  });

  it('a reader sees only complete sets of files, and no mixtures', () => {
    expect([...reader.problems]).toEqual([]);
    expect(reader.names).toEqual(expect.arrayContaining(['.env', 'ca.crt', 'config.json', 'context.token', 'http.proxy']));
    expect(reader.sets.size).toBeGreaterThan(LIFETIMES);
  });

  it('no republish fails', () => {
    expect(republishProblems).toEqual([]);
  });

  it('tokens expire: the proxy refuses the first one', async () => {
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

  it('no log contains a token', async () => {
    const secrets = volume.issued.map((token) => ({ name: 'a token', value: token.reveal() }));
    expect(await searchLogs(path.join(directory, 'logs'), secrets)).toEqual([]);
  });
});
