import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Client, credentials, type MethodDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type Sensitive } from '@oci-connector/sensitive';
import { workspaceRoot } from '../installation/install-product';

/** The volume of one pod. */
export interface PodVolume {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly token: Sensitive;
  /** As a pod's author writes them. */
  readonly attributes: Readonly<Record<string, string>>;
}

type Method = 'NodePublishVolume' | 'NodeUnpublishVolume';

/** csiTimeout of the kubelet. */
const DEADLINE_MS = 120_000;
const POD_INFO = 'csi.storage.k8s.io/';

/** Calls a CSI driver as a kubelet does. */
export class Kubelet {
  readonly #service = loadService();

  constructor(
    /** Stands for /var/lib/kubelet. */
    private readonly directory: string,
    private readonly socket: string,
  ) {}

  /** Where a volume is to be. */
  target({ name }: PodVolume): string {
    return path.join(this.directory, 'pods', name, 'volumes', 'kubernetes.io~csi', 'connectors', 'mount');
  }

  /** Publishes a volume, new or not. @returns milliseconds from the call to its answer */
  async publish(volume: PodVolume): Promise<number> {
    await mkdir(path.dirname(this.target(volume)), { recursive: true });
    return this.#call('NodePublishVolume', this.#publishRequest(volume));
  }

  /** @returns milliseconds from the call to its answer */
  unpublish(volume: PodVolume): Promise<number> {
    return this.#call('NodeUnpublishVolume', { volume_id: `csi-${volume.name}`, target_path: this.target(volume) });
  }

  #publishRequest(volume: PodVolume): object {
    const { name, namespace, serviceAccount, attributes } = volume;
    const tokens = { 'connectors-proxy': { token: volume.token.reveal(), expirationTimestamp: '2030-01-01T00:00:00Z' } };
    return {
      volume_id: `csi-${name}`,
      target_path: this.target(volume),
      readonly: true,
      volume_capability: { mount: {}, access_mode: { mode: 'SINGLE_NODE_WRITER' } },
      volume_context: {
        ...attributes,
        [`${POD_INFO}ephemeral`]: 'true',
        [`${POD_INFO}pod.name`]: name,
        [`${POD_INFO}pod.namespace`]: namespace,
        [`${POD_INFO}pod.uid`]: name,
        [`${POD_INFO}serviceAccount.name`]: serviceAccount,
      },
      secrets: { [`${POD_INFO}serviceAccount.tokens`]: JSON.stringify(tokens) },
    };
  }

  /** The kubelet connects anew for each call (newGrpcConn of its csi_client.go); the time until it is connected is its own. */
  async #call(name: Method, request: object): Promise<number> {
    const client = new Client(`unix:${this.socket}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const { path: method, requestSerialize, responseDeserialize } = this.#service[name] as MethodDefinition<object, object>;
    try {
      await new Promise<void>((resolve, reject) => client.waitForReady(Date.now() + DEADLINE_MS, (error) => (error ? reject(error) : resolve())));
      const started = performance.now();
      await new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(method, requestSerialize, responseDeserialize, request, { deadline: Date.now() + DEADLINE_MS }, (error) =>
          error ? reject(new Error(`${name}: ${error.message}`)) : resolve(),
        );
      });
      return performance.now() - started;
    } finally {
      client.close();
    }
  }
}

function loadService(): ServiceDefinition {
  const file = path.join(workspaceRoot, 'apps/csi/proto/csi.proto');
  return loadSync(file, { keepCase: true, enums: String })['csi.v1.Node'] as ServiceDefinition;
}
