import path from 'node:path';
import { type Client, credentials, makeClientConstructor, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { workspaceRoot } from '../processes/workspace';

/** The file of the CSI specification, which the driver also uses. */
const PROTO = path.join(workspaceRoot, 'apps/csi/proto/csi.proto');

/** Timeout of a call in milliseconds. A driver responds in milliseconds; a hanging driver must not block the end of the tool. */
const CALL_TIMEOUT_MS = 30_000;

/** The part of csi.v1.NodePublishVolumeRequest that the kubelet sets for an ephemeral volume. */
export interface PublishRequest {
  readonly volume_id: string;
  readonly target_path: string;
  readonly readonly: boolean;
  readonly volume_capability: object;
  readonly volume_context: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A volume of a pod, with the data that a driver receives. */
export interface EphemeralVolume {
  readonly volumeId: string;
  /** Target path for the pod's files. */
  readonly target: string;
  readonly readOnly: boolean;
  /** volumeAttributes of the pod. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly serviceAccount: string;
  /** `{"AUDIENCE": {"token": "…", "expirationTimestamp": "…"}}` (CSIDriver.spec.tokenRequests). */
  readonly tokens: string;
  /** CSIDriver.spec.serviceAccountTokenInSecrets. */
  readonly tokensInSecrets: boolean;
}

const CONTEXT = 'csi.storage.k8s.io';

/** Returns the request of the kubelet for a volume, for the first publish and every republish. */
export function publishRequest({ volumeId, target, readOnly, attributes, pod, serviceAccount, ...rest }: EphemeralVolume): PublishRequest {
  const tokens = { [`${CONTEXT}/serviceAccount.tokens`]: rest.tokens };
  return {
    volume_id: volumeId,
    target_path: target,
    readonly: readOnly,
    volume_capability: { mount: {}, access_mode: { mode: 'SINGLE_NODE_WRITER' } },
    volume_context: {
      ...attributes,
      [`${CONTEXT}/ephemeral`]: 'true',
      [`${CONTEXT}/pod.name`]: pod.name,
      [`${CONTEXT}/pod.namespace`]: pod.namespace,
      [`${CONTEXT}/pod.uid`]: pod.uid,
      [`${CONTEXT}/serviceAccount.name`]: serviceAccount,
      ...(!rest.tokensInSecrets && tokens),
    },
    secrets: rest.tokensInSecrets ? tokens : {},
  };
}

type NodeClient = Client & Readonly<Record<string, unknown>>;
type Call = (request: object, options: { deadline: number }, callback: (error: ServiceError | null) => void) => void;

const Node = makeClientConstructor(loadSync(PROTO, { keepCase: true })['csi.v1.Node'] as ServiceDefinition, 'Node');

/** Calls csi.v1.Node of a driver over its unix socket, with its own connection. */
export class CsiNodeClient {
  readonly #client: NodeClient;

  /** @param socket absolute path @param timeoutMs timeout of one call, in milliseconds */
  constructor(
    socket: string,
    private readonly timeoutMs = CALL_TIMEOUT_MS,
  ) {
    this.#client = new Node(`unix:${socket}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** Resolves when the client is connected. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + this.timeoutMs, (error) => (error ? reject(error) : resolve()));
    });
  }

  /**
   * Publishes a volume.
   *
   * @throws Error with the driver's message when it fails
   */
  publish(request: PublishRequest): Promise<void> {
    return this.#call('NodePublishVolume', request);
  }

  /**
   * Unpublishes a volume.
   *
   * @throws Error with the driver's message when it fails
   */
  unpublish(request: Pick<PublishRequest, 'volume_id' | 'target_path'>): Promise<void> {
    return this.#call('NodeUnpublishVolume', request);
  }

  close(): void {
    this.#client.close();
  }

  #call(method: string, request: object): Promise<void> {
    const call = (this.#client[method] as Call).bind(this.#client);
    return new Promise((resolve, reject) => {
      call(request, { deadline: Date.now() + this.timeoutMs }, (error) =>
        error ? reject(new Error(wordsOf(error), { cause: error })) : resolve(),
      );
    });
  }
}

/** Returns the error text of gRPC for Go, which the kubelet uses in its Events. */
function wordsOf({ code, details }: ServiceError): string {
  const name = (status[code] ?? 'UNKNOWN').replaceAll(
    /([A-Z])([A-Z]*)_?/g,
    (_all, first: string, rest: string) => first + rest.toLowerCase(),
  );
  return `rpc error: code = ${name} desc = ${details}`;
}
