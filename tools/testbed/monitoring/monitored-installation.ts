import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendRequest } from '@oci-connector/testing-kit';
import { anImage, pushImage } from '@oci-connector/testing-registry';
import { proxySettings, type RunningProgram } from '../../installation/programs';
import { requestToken } from '../../installation/request-token';
import { CsiNodeClient, publishRequest } from '../../kubelet/csi-node-client';
import { KubeletRegistration } from '../../kubelet/kubelet-registration';
import { type PublishedVolume } from '../../kubelet/published-volume';
import { freePort } from '../../processes/free-port';
import { until } from '../../processes/until';
import { expectEqual } from '../checks';
import { NAMESPACE } from '../connector-names';
import { MountedVolumes } from '../forward/mounted-volumes';
import { type Product } from '../product';
import { applyAll, connectorManifests, DAEMONS, launchProgram } from '../start-product';
import { type SuiteContext } from '../suites/suite';

const HOST = '127.0.0.1';

/** Requests per second of one ServiceAccount. The pod needs fewer; {@link MonitoredInstallation} also sends more with another one. */
const REQUEST_RATE = 60;

/** Time for the driver's start, in milliseconds. */
const START_MS = 60_000;

/** The Connectors that the traffic uses: a working one, and one whose Secret does not exist. */
export const WORKING = 'dist3-token';
export const BROKEN = 'broken';

/** A registry without accounts. */
const ANONYMOUS = 'dist3-anonymous';

/** The pod whose volume has the token of the traffic. It pushes to a new repository in each round, for which the proxy needs a new token. */
export const POD = 'monitored';
export const REPOSITORIES = 'monitoring/app-';

const MOUNT = { pod: POD, connectors: [WORKING] };

/** The controller of the product, and a proxy and a driver of their own, with traffic of every kind. */
export class MonitoredInstallation {
  readonly #stopping = new AbortController();
  #traffic: Promise<void> = Promise.resolve();
  #rounds = 0;

  private constructor(
    private readonly context: SuiteContext,
    private readonly product: Product,
    private readonly parts: {
      readonly proxy: RunningProgram;
      readonly port: number;
      readonly volumes: MountedVolumes;
      readonly volume: PublishedVolume;
      readonly kubelet: KubeletRegistration;
    },
  ) {}

  static async start(outer: SuiteContext, product: Product): Promise<MonitoredInstallation> {
    const context = { ...outer, directory: path.join(outer.directory, 'monitoring') };
    const registry = path.join(context.directory, 'plugins_registry');
    await mkdir(registry, { recursive: true });
    const [port, httpsPort] = [await freePort(), await freePort()];
    const proxy = await launchProgram(context, product, 'proxy', {
      ...proxySettings({ host: HOST, http: port, https: httpsPort }),
      OCI_CONNECTOR_PROXY_REQUEST_RATE_PER_CLIENT: String(REQUEST_RATE),
      OCI_CONNECTOR_PROXY_UNAUTHENTICATED_IDLE: '1s',
    });
    const kubelet = new KubeletRegistration(registry);
    context.closing.unshift(async () => kubelet.close());
    const [volumes] = await Promise.all([
      MountedVolumes.start(context, product, { OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: registry }),
      until(START_MS, () => kubelet.register()),
    ]);
    const volume = await volumes.mount(MOUNT);
    await applyAll(product.client, brokenConnector());
    return new MonitoredInstallation(context, product, { proxy, port, volumes, volume, kubelet });
  }

  get proxy(): RunningProgram {
    return this.parts.proxy;
  }

  get driver(): RunningProgram {
    return this.parts.volumes.driver;
  }

  /** Calls the driver as the kubelet does. */
  get kubelet(): KubeletRegistration {
    return this.parts.kubelet;
  }

  /**
   * Begins with the traffic, which does not end before {@link stop}.
   *
   * @throws the error of a request that should have succeeded
   */
  async begin(): Promise<void> {
    const strangers = await requestToken(this.product.client, { ...DAEMONS, audience: 'connectors-proxy', expirationSeconds: 3_600 });
    this.context.secrets.push({ name: 'a token of the daemons', value: strangers.reveal() });
    await this.#round(strangers.reveal());
    this.#traffic = this.#repeat(strangers.reveal());
    // `stop` throws the error; until then it is not unhandled.
    this.#traffic.catch(() => undefined);
  }

  /** @throws the error of a request that should have succeeded */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#traffic;
  }

  async #repeat(daemons: string): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // The pause between two rounds; the checks do not depend on it.
      await delay(1_000);
      await this.#round(daemons);
    }
  }

  async #round(daemons: string): Promise<void> {
    const { port, volumes, volume } = this.parts;
    this.#rounds += 1;
    const token = await readFile(path.join(volume.directory, 'context.token'), 'utf8');
    const address = {
      url: `http://${HOST}:${port}`,
      repository: `namespaces/${NAMESPACE}/connectors/${WORKING}/${REPOSITORIES}${this.#rounds}`,
      reference: 'v1',
      auth: { username: 'any', password: token },
    };
    await pushImage(address, anImage({ layerBytes: 100_000 }));
    expectEqual([await this.#get(WORKING, token), await this.#get(BROKEN, token)], [200, 424], 'status of a pull');
    await Promise.all(Array.from({ length: 2 * REQUEST_RATE }, () => this.#get(WORKING, daemons)));
    await this.#connect('this is no HTTP\r\n\r\n');
    await this.#connect('');
    await refusedMount(volumes.socket);
    await volumes.renew(MOUNT, volume);
    await applyAll(this.product.client, this.#touched());
  }

  /** A Connector that changes with each round, so that it is reconciled and probed. */
  #touched(): object[] {
    const { address = '' } = this.context.registries.find(({ name }) => name === ANONYMOUS) ?? {};
    return connectorManifests({ name: 'touched', address: `${address}/round-${this.#rounds}` });
  }

  /** Requests the manifest, and returns the status. */
  async #get(connector: string, token: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
    const location = `/v2/namespaces/${NAMESPACE}/connectors/${connector}/${REPOSITORIES}${this.#rounds}/manifests/v1`;
    const headers = { authorization, accept: 'application/vnd.oci.image.manifest.v1+json' };
    return (await sendRequest(`http://${HOST}:${this.parts.port}${location}`, { headers })).status;
  }

  /** Opens a connection, and waits until the proxy closes it. */
  async #connect(text: string): Promise<void> {
    const socket = connect(this.parts.port, HOST);
    socket.resume().write(text);
    await once(socket, 'close');
  }
}

/** A mount that the driver refuses, because the pod names no Connector. */
async function refusedMount(socket: string): Promise<void> {
  const driver = new CsiNodeClient(socket);
  const target = path.join(path.dirname(socket), '../../pods/refused/volumes/kubernetes.io~csi/connectors/mount');
  await mkdir(path.dirname(target), { recursive: true });
  const request = publishRequest({
    volumeId: 'csi-refused',
    target,
    readOnly: true,
    attributes: { connector: 'no attribute' },
    pod: { namespace: NAMESPACE, name: 'refused', uid: 'refused' },
    serviceAccount: 'builder',
    tokens: '{}',
    tokensInSecrets: false,
  });
  const refused = await driver.publish(request).then(
    () => false,
    () => true,
  );
  driver.close();
  if (!refused) {
    throw new Error('the driver mounted a volume without a Connector');
  }
}

function brokenConnector(): object[] {
  return connectorManifests({
    name: BROKEN,
    address: 'https://dist3-token.registry.example',
    account: { username: '', password: '' },
  }).slice(1);
}
