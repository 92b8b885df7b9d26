import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { Pods, PublishedVolume, type Pod } from '../../kubelet/published-volume';
import { type RunningProgram } from '../../installation/programs';
import { step } from '../../processes/progress';
import { NAMESPACE } from '../connector-names';
import { type Product } from '../product';
import { CLIENT, launchProgram } from '../start-product';
import { type TestbedContext } from '../testbed-context';

const VOLUME = 'connectors';

/** A volume, and the pod that has it. */
export interface Mount {
  /** Name of the pod. */
  readonly pod: string;
  /** Names of Connectors. */
  readonly connectors: readonly string[];
  /** Name of the pod's ServiceAccount; by default that of the clients. */
  readonly serviceAccount?: string;
  /** Further attributes of the volume. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Volumes of pods. The CSI driver writes them; this process replaces the kubelet. */
export class MountedVolumes {
  private constructor(
    private readonly context: TestbedContext,
    private readonly product: Product,
    private readonly kubeletDirectory: string,
    readonly driver: RunningProgram,
  ) {}

  /** @param settings of the driver, in addition to those that this class needs */
  static async start(context: TestbedContext, product: Product, settings: Readonly<Record<string, string>> = {}): Promise<MountedVolumes> {
    const kubeletDirectory = path.join(context.directory, 'kubelet');
    for (const name of ['plugins', 'pods']) {
      await mkdir(path.join(kubeletDirectory, name), { recursive: true });
    }
    const driver = await step('starting the CSI driver', () =>
      launchProgram(context, product, 'csi', {
        OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: kubeletDirectory,
        OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
        OCI_CONNECTOR_CSI_NODE_NAME: 'testbed',
        ...settings,
      }),
    );
    return new MountedVolumes(context, product, kubeletDirectory, driver);
  }

  /** Path of the driver's socket. */
  get socket(): string {
    return path.join(this.kubeletDirectory, 'plugins/connectors-csi/csi.sock');
  }

  /** Mounts a volume until the testbed ends. */
  async mount(mount: Mount): Promise<PublishedVolume> {
    const { context, product, kubeletDirectory, socket } = this;
    const problems: Error[] = [];
    const volume = await PublishedVolume.publish({
      client: product.client,
      socket,
      kubeletDirectory,
      pod: await product.client.create(Pods, podObject(mount)),
      volume: VOLUME,
      onProblem: (error) => problems.push(error),
    });
    context.closing.unshift(() => volume.unpublish());
    this.#keepSecret(mount, volume);
    return volume;
  }

  /** Replaces the token of a volume, although the old one has not expired. */
  async renew(mount: Mount, volume: PublishedVolume): Promise<void> {
    await volume.renew();
    this.#keepSecret(mount, volume);
  }

  #keepSecret({ pod }: Mount, { issued }: PublishedVolume): void {
    const value = issued.at(-1)?.reveal() ?? '';
    this.context.secrets.push({ name: `the token of pod ${pod}`, value });
  }
}

function podObject({ pod, connectors, serviceAccount = CLIENT.name, attributes }: Mount): Pod {
  const names = connectors.map((connector) => `${NAMESPACE}/${connector}`).join(',');
  const volumeAttributes = { connectors: names, ...attributes };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: CLIENT.namespace, name: pod },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: false,
      containers: [{ name: 'client', image: 'client' }],
      volumes: [{ name: VOLUME, csi: { driver: CSI_DRIVER_NAME, readOnly: true, volumeAttributes } }],
    },
  } as Pod;
}

/** Returns the variables that a pod sets with the lines in requirement/forward-proxy.sh, and SSL_CERT_FILE: all from the files of its volume. */
export async function forwardVariables({ directory }: PublishedVolume): Promise<Readonly<Record<string, string>>> {
  const [http, https] = await Promise.all(['http.proxy', 'https.proxy'].map((name) => readFile(path.join(directory, name), 'utf8')));
  const proxy = { http_proxy: http ?? '', https_proxy: https ?? '', no_proxy: 'localhost,127.0.0.1' };
  const upper = Object.fromEntries(Object.entries(proxy).map(([name, value]) => [name.toUpperCase(), value]));
  return { ...proxy, ...upper, SSL_CERT_FILE: path.join(directory, 'ca-bundle.crt') };
}
