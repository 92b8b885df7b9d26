import path from 'node:path';
import { type Client, credentials, makeClientConstructor, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { workspaceRoot } from '../processes/workspace';

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

/** A volume of a pod, as far as a driver learns of it. */
export interface EphemeralVolume {
  readonly volumeId: string;
  /** Where the pod's files are to be. */
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

/** What the kubelet sends for a volume, the first time and at every republish. */
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

/** Calls csi.v1.Node of a driver over its unix socket, on a connection of its own. */
export class CsiNodeClient {
  readonly #client: NodeClient;

  /** @param socket absolute path @param timeoutMs for one call, in milliseconds */
  constructor(
    socket: string,
    private readonly timeoutMs = CALL_TIMEOUT_MS,
  ) {
    this.#client = new Node(`unix:${socket}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** Resolves when the next call need not connect first. */
  connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.waitForReady(Date.now() + this.timeoutMs, (error) => (error ? reject(error) : resolve()));
    });
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
      call(request, { deadline: Date.now() + this.timeoutMs }, (error) =>
        error ? reject(new Error(wordsOf(error), { cause: error })) : resolve(),
      );
    });
  }
}

/** As gRPC for Go says it, and so the kubelet in its Events. */
function wordsOf({ code, details }: ServiceError): string {
  const name = (status[code] ?? 'UNKNOWN').replaceAll(
    /([A-Z])([A-Z]*)_?/g,
    (_all, first: string, rest: string) => first + rest.toLowerCase(),
  );
  return `rpc error: code = ${name} desc = ${details}`;
}
