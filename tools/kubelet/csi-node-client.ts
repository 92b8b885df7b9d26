import path from 'node:path';
import { type Client, credentials, makeClientConstructor, type ServiceDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { workspaceRoot } from '../installation/install-product';

/** The CSI specification's own file, as the driver has it. */
const PROTO = path.join(workspaceRoot, 'apps/csi/proto/csi.proto');

/** A driver answers in milliseconds; one that hangs must not hold up whoever ends it. In milliseconds. */
const CALL_TIMEOUT_MS = 30_000;

/** The part of csi.v1.NodePublishVolumeRequest that the kubelet fills in for an ephemeral volume. */
export interface PublishRequest {
  readonly volume_id: string;
  readonly target_path: string;
  readonly readonly: boolean;
  readonly volume_capability: object;
  readonly volume_context: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

type NodeClient = Client & Readonly<Record<string, unknown>>;
type Call = (request: object, options: { deadline: number }, callback: (error: ServiceError | null) => void) => void;

/** Calls csi.v1.Node of a driver over its unix socket. */
export class CsiNodeClient {
  readonly #client: NodeClient;

  /** @param socket absolute path */
  constructor(socket: string) {
    const definition = loadSync(PROTO, { keepCase: true })['csi.v1.Node'] as ServiceDefinition;
    const Node = makeClientConstructor(definition, 'Node');
    this.#client = new Node(`unix:${socket}`, credentials.createInsecure());
  }

  /** @throws Error with the driver's message */
  publish(request: PublishRequest): Promise<void> {
    return this.#call('NodePublishVolume', request);
  }

  /** @throws Error with the driver's message */
  unpublish(request: Pick<PublishRequest, 'volume_id' | 'target_path'>): Promise<void> {
    return this.#call('NodeUnpublishVolume', request);
  }

  close(): void {
    this.#client.close();
  }

  #call(method: string, request: object): Promise<void> {
    const call = (this.#client[method] as Call).bind(this.#client);
    return new Promise((resolve, reject) => {
      call(request, { deadline: Date.now() + CALL_TIMEOUT_MS }, (error) => (error ? reject(error) : resolve()));
    });
  }
}
