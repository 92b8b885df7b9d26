import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { VolumeError } from '../csi.errors';
import { type CallRecord } from '../observability/call-record';
import { type NodePublishVolumeRequest, type NodeUnpublishVolumeRequest } from '../request/csi-messages';
import { describePublishRequest } from '../request/publish-request';
import { type CallHandlers } from '../rpc/call-handlers';
import { statusOf } from '../rpc/grpc-status';
import { type KeyedQueue } from '../volume/keyed-queue';
import { type PublishVolume } from '../volume/publish-volume';
import { resolveTarget } from '../volume/target-path';
import { unpublishVolume, type UnpublishParts } from '../volume/unpublish-volume';

export interface NodeServerParts extends UnpublishParts {
  readonly nodeName: string;
  readonly kubeletDirectory: string;
  readonly flow: PublishVolume;
  /** Runs one call at a time for each target. */
  readonly queue: KeyedQueue;
}

/**
 * VOLUME_MOUNT_GROUP: the driver applies the pod's fsGroup itself. Not SINGLE_NODE_MULTI_WRITER: a volume belongs to one pod, which only
 * reads. Volumes are not staged, have no statistics and cannot be expanded, because they are not on a disk.
 */
const CAPABILITIES = ['VOLUME_MOUNT_GROUP'].map((type) => ({ rpc: { type } }));

/** Limit of the CSI specification for an ID ("Size Limits"). In bytes. */
const MAX_ID_LENGTH = 128;

/** Implements csi.v1.Node. */
export class NodeServer {
  constructor(private readonly parts: NodeServerParts) {}

  implementation(calls: CallHandlers): UntypedServiceImplementation {
    return {
      NodePublishVolume: calls.logged('NodePublishVolume', (request: NodePublishVolumeRequest, record) => this.#publish(request, record)),
      NodeUnpublishVolume: calls.logged('NodeUnpublishVolume', (request: NodeUnpublishVolumeRequest, record) =>
        this.#unpublish(request, record),
      ),
      NodeGetInfo: calls.quiet('NodeGetInfo', async () => ({ node_id: this.parts.nodeName })),
      NodeGetCapabilities: calls.quiet('NodeGetCapabilities', async () => ({ capabilities: CAPABILITIES })),
    };
  }

  async #publish(request: NodePublishVolumeRequest, record: CallRecord): Promise<Record<string, never>> {
    Object.assign(record, describePublishRequest(request));
    const target = this.#target(request, record);
    const { outcome, problems } = await this.parts.queue.run(target, () => this.parts.flow.publish(request, target));
    if (outcome !== 'kept') {
      this.parts.volumes.refreshed(target);
    }
    record.outcome = outcome;
    record.problems = problems.map((error) => ({ reason: statusOf(error).reason, error }));
    return {};
  }

  async #unpublish(request: NodeUnpublishVolumeRequest, record: CallRecord): Promise<Record<string, never>> {
    const target = this.#target(request, record);
    await this.parts.queue.run(target, () => unpublishVolume(target, this.parts));
    record.outcome = 'unpublished';
    return {};
  }

  #target({ volume_id: id, target_path: path }: NodeUnpublishVolumeRequest, record: CallRecord): string {
    record.volume = id.slice(0, MAX_ID_LENGTH);
    if (id === '' || Buffer.byteLength(id) > MAX_ID_LENGTH) {
      throw new VolumeError('RequestInvalid', `volume_id is required and may have at most ${MAX_ID_LENGTH} bytes`);
    }
    return resolveTarget(path, this.parts.kubeletDirectory);
  }
}
