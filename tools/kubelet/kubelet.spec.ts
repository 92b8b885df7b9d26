import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, type ServiceDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type CoreEvent, Events, KubeClient, StaticCredential } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { startKubeApi, type KubeApiServer } from '@oci-connector/testing-kube-api';
import { until } from '../processes/until';
import { Kubelet } from './kubelet';
import { CsiDrivers, type Pod, Pods, type PublishedVolume } from './published-volume';

const DRIVER = 'connectors-csi';
const DEADLINE_MS = 30_000;

/** A CSI driver that refuses calls until the test clears `refusal`. */
class RefusingDriver {
  readonly #server = new Server();
  refusal: string | undefined = 'not yet; grant it';
  readonly published: string[] = [];
  readonly unpublished: string[] = [];

  async listen(socket: string): Promise<void> {
    const service = loadSync(path.join(__dirname, '../../apps/csi/proto/csi.proto'), { keepCase: true })[
      'csi.v1.Node'
    ] as ServiceDefinition;
    this.#server.addService(service, {
      NodePublishVolume: ({ request }: ServerUnaryCall<{ target_path: string }, object>, done: sendUnaryData<object>) => {
        if (this.refusal !== undefined) {
          return done({ code: status.PERMISSION_DENIED, details: this.refusal });
        }
        this.published.push(request.target_path);
        done(null, {});
      },
      NodeUnpublishVolume: ({ request }: ServerUnaryCall<{ target_path: string }, object>, done: sendUnaryData<object>) => {
        this.unpublished.push(request.target_path);
        done(null, {});
      },
    });
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

describe('the kubelet in the sandbox', () => {
  let directory: string;
  let api: KubeApiServer;
  let client: KubeClient;
  let driver: RefusingDriver;
  let kubelet: Kubelet;
  let told: [string, string][];
  let refused: string[];
  const problems: string[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'kubelet-'));
    api = await startKubeApi();
    client = KubeClient.fromConnection({
      server: api.url,
      credential: new StaticCredential(new Sensitive(`Bearer ${api.adminToken}`)),
      tls: {},
    });
    driver = new RefusingDriver();
    const socket = path.join(directory, 'csi.sock');
    await driver.listen(socket);
    await client.create(CsiDrivers, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: DRIVER },
      spec: { tokenRequests: [{ audience: 'x' }] },
    });
    told = [];
    refused = [];
    kubelet = new Kubelet({
      client,
      socket,
      kubeletDirectory: directory,
      driver: DRIVER,
      onPublished: ({ metadata }, volume: PublishedVolume) => told.push([metadata.name, volume.directory]),
      onRefused: ({ metadata }, name, { message }) => refused.push(`${metadata.name} ${name}: ${message}`),
      onProblem: ({ message }) => problems.push(message),
      backOffMs: { initial: 1, max: 1 },
    });
    kubelet.start();
  });

  afterEach(async () => {
    await kubelet.stop();
    driver.close();
    await client.close();
    await api.close();
    rmSync(directory, { recursive: true, force: true });
    expect(problems).toEqual([]);
  });

  function createPod(name: string): Promise<Pod> {
    const volumes = [
      { name: 'login', csi: { driver: DRIVER } },
      { name: 'other', csi: { driver: 'another' } },
      { name: 'cache', emptyDir: {} },
    ];
    return client.create(Pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name },
      spec: { containers: [{ name: 'c', image: 'i' }], volumes },
    } as Pod);
  }

  const eventOf = (reason: string, count = 1): Promise<CoreEvent> =>
    until(DEADLINE_MS, async () => {
      const { items } = await client.list(Events, { namespace: 'default' });
      const found = items.find((event) => event.reason === reason && (event.count ?? 1) >= count);
      if (!found) {
        throw new Error(`no Event ${reason}`);
      }
      return found;
    });

  it('retries a refused volume, and reports the reason in one Event with a count', async () => {
    const pod = await createPod('refused');
    const event = await eventOf('FailedMount', 3);
    expect(event).toMatchObject({
      type: 'Warning',
      involvedObject: { kind: 'Pod', name: 'refused', uid: pod.metadata.uid },
      source: { component: 'kubelet' },
      message: expect.stringMatching(
        /^MountVolume\.SetUp failed for volume "login" : rpc error: code = PermissionDenied desc = not yet; grant it$/,
      ) as unknown,
    });
    await expect(kubelet.published(pod, 'login', 0)).rejects.toThrow('not yet; grant it');
    expect(told).toEqual([]);
    // Once, although it was refused three times; a second time for another reason.
    const first = 'refused login: rpc error: code = PermissionDenied desc = not yet; grant it';
    expect(refused).toEqual([first]);
    driver.refusal = 'still not';
    await until(DEADLINE_MS, async () =>
      expect(refused).toEqual([first, 'refused login: rpc error: code = PermissionDenied desc = still not']),
    );
    driver.refusal = undefined;
    const volume = await kubelet.published(pod, 'login', DEADLINE_MS);
    expect(told).toEqual([['refused', volume.directory]]);
    expect(await eventOf('VolumePublished')).toMatchObject({
      type: 'Normal',
      message: `Volume "login" is in ${volume.directory}; no containers run here`,
    });
    expect(driver.published).toEqual([volume.directory]);
  });

  it('publishes the volume of a Pod that is created later, and unpublishes it when the Pod is deleted', async () => {
    driver.refusal = undefined;
    const { directory: first } = await kubelet.published(await createPod('later'), 'login', DEADLINE_MS);
    await client.delete(Pods, { namespace: 'default', name: 'later' });
    await until(DEADLINE_MS, async () => expect(driver.unpublished).toEqual([first]));
    const { directory: second } = await kubelet.published(await createPod('later'), 'login', DEADLINE_MS);
    expect(second).not.toBe(first);
    expect(existsSync(path.dirname(second))).toBe(true);
    expect(driver.published).toEqual([first, second]);
  });

  it('publishes a volume again with another token, although the old one has not expired', async () => {
    driver.refusal = undefined;
    const volume = await kubelet.published(await createPod('renewed'), 'login', DEADLINE_MS);
    await volume.renew();
    expect(driver.published).toEqual([volume.directory, volume.directory]);
    expect(new Set(volume.issued.map((token) => token.reveal())).size).toBe(2);
    expect(volume.delivered).toBe(2);
  });

  it('unpublishes everything when it stops', async () => {
    driver.refusal = undefined;
    const { directory: volume } = await kubelet.published(await createPod('stopped'), 'login', DEADLINE_MS);
    await kubelet.stop();
    expect(driver.unpublished).toEqual([volume]);
  });
});
