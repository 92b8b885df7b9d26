import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Sensitive } from '@oci-connector/sensitive';
import { CsiNodeClient, publishRequest } from '../kubelet/csi-node-client';

/** The volume of one pod. */
export interface PodVolume {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly token: Sensitive;
  /** The volume attributes that the author of the pod writes. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** csiTimeout of the kubelet, in milliseconds. */
const DEADLINE_MS = 120_000;

/** Calls a CSI driver as a kubelet does. */
export class Kubelet {
  constructor(
    /** Replaces /var/lib/kubelet. */
    private readonly directory: string,
    private readonly socket: string,
  ) {}

  /** Returns the target path of a volume. */
  target({ name }: PodVolume): string {
    return path.join(this.directory, 'pods', name, 'volumes', 'kubernetes.io~csi', 'connectors', 'mount');
  }

  /**
   * Publishes a new or existing volume.
   *
   * @returns milliseconds from the call to its response
   */
  async publish(volume: PodVolume): Promise<number> {
    await mkdir(path.dirname(this.target(volume)), { recursive: true });
    const { name, namespace, serviceAccount, attributes, token } = volume;
    const request = publishRequest({
      volumeId: `csi-${name}`,
      target: this.target(volume),
      readOnly: true,
      attributes,
      pod: { namespace, name, uid: name },
      serviceAccount,
      tokens: JSON.stringify({ 'connectors-proxy': { token: token.reveal(), expirationTimestamp: '2030-01-01T00:00:00Z' } }),
      tokensInSecrets: true,
    });
    return this.#call((driver) => driver.publish(request));
  }

  /**
   * Unpublishes a volume.
   *
   * @returns milliseconds from the call to its response
   */
  unpublish(volume: PodVolume): Promise<number> {
    return this.#call((driver) => driver.unpublish({ volume_id: `csi-${volume.name}`, target_path: this.target(volume) }));
  }

  /** Makes a call. The kubelet opens a new connection for each call (newGrpcConn of its csi_client.go), so connecting is not measured. */
  async #call(call: (driver: CsiNodeClient) => Promise<void>): Promise<number> {
    const driver = new CsiNodeClient(this.socket, DEADLINE_MS);
    try {
      await driver.connected();
      const started = performance.now();
      await call(driver);
      return performance.now() - started;
    } finally {
      driver.close();
    }
  }
}
