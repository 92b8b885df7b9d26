import { type Sensitive } from '@oci-connector/sensitive';
import { VolumeError } from '../csi.errors';
import { type NodePublishVolumeRequest } from './csi-messages';
import { parsePodToken } from './pod-token';
import { parseVolumeAttributes, type VolumeAttributes } from './volume-attributes';

/** A publish request of the kubelet whose fields are valid. */
export interface PublishRequest {
  readonly attributes: VolumeAttributes;
  readonly pod: PodIdentity;
  readonly token: Sensitive;
  /** Milliseconds since the epoch. */
  readonly tokenExpiresAt: number;
  /** In milliseconds; absent when unknown. */
  readonly tokenLifetime?: number;
  /** The pod's fsGroup. */
  readonly group?: number;
}

/** The pod that a volume belongs to. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  /** UID of the ServiceAccount, from the token. */
  readonly serviceAccountUid: string;
}

const POD_INFO = 'csi.storage.k8s.io/';

/** A group ID is a uint32 whose last value means "unchanged" (chown(2)). */
const MAX_GROUP = 2 ** 32 - 2;

/** The CSI specification allows more from the CO; a pod's volume has far fewer than this. */
const MAX_CONTEXT_ENTRIES = 64;

/**
 * Parses and checks a request, except the volume's ID and target. One error reports all problems of the pod's attributes.
 *
 * @param audience that the token must have
 * @throws VolumeError RequestInvalid, AttributesInvalid or TokenUnusable
 */
export function parsePublishRequest(request: NodePublishVolumeRequest, audience: string): PublishRequest {
  const context = request.volume_context;
  const invalid = requestProblems(request);
  if (invalid.length > 0) {
    throw new VolumeError('RequestInvalid', invalid.join('; '));
  }
  const namespace = podInfo(context, 'pod.namespace');
  const { attributes, problems } = parseVolumeAttributes(ownAttributes(context), namespace);
  if (!request.readonly) {
    problems.unshift('readOnly: must be true; add it next to driver: connectors-csi');
  }
  if (problems.length > 0) {
    throw new VolumeError('AttributesInvalid', `the volume of driver connectors-csi is invalid: ${problems.join('; ')}`);
  }
  const serviceAccount = podInfo(context, 'serviceAccount.name');
  const { token, expiresAt, lifetime, serviceAccountUid } = parsePodToken(request, { namespace, serviceAccount, audience });
  return {
    attributes,
    pod: { namespace, name: podInfo(context, 'pod.name'), serviceAccount, serviceAccountUid },
    token,
    tokenExpiresAt: expiresAt,
    tokenLifetime: lifetime,
    group: groupOf(request),
  };
}

/** Returns the parts of a request that may be logged, even when the request is invalid. */
export function describePublishRequest({ volume_context: context }: NodePublishVolumeRequest): {
  pod: string;
  client: string;
  connectors: string;
} {
  const of = (name: string): string => context[name]?.slice(0, MAX_LOGGED) ?? '';
  const namespace = of(`${POD_INFO}pod.namespace`);
  return {
    pod: `${namespace}/${of(`${POD_INFO}pod.name`)}`,
    client: `${namespace}/${of(`${POD_INFO}serviceAccount.name`)}`,
    connectors: of('connectors') || [of('connector.namespace'), of('connector.name')].filter(Boolean).join('/'),
  };
}

/** In characters. Limits what the author of a pod can write into a log line. */
const MAX_LOGGED = 1_024;

/** Returns problems that only the kubelet or the CSIDriver object can cause. */
function requestProblems(request: NodePublishVolumeRequest): string[] {
  const { volume_context: context, volume_capability: capability } = request;
  const mount = capability?.access_type === 'mount';
  const missing = ['pod.name', 'pod.namespace', 'serviceAccount.name'].filter((name) => !context[POD_INFO + name]);
  const problems: (string | false)[] = [
    !mount && 'volume_capability with access type mount is required',
    Object.keys(context).length > MAX_CONTEXT_ENTRIES && `volume_context has more than ${MAX_CONTEXT_ENTRIES} entries`,
    mount && Number.isNaN(groupOf(request)) && 'volume_mount_group is not a group ID',
    context[`${POD_INFO}ephemeral`] !== 'true' &&
      'only ephemeral inline volumes are served (CSIDriver.spec.volumeLifecycleModes: [Ephemeral])',
    missing.length > 0 && `volume_context lacks ${missing.map((name) => POD_INFO + name).join(', ')} (CSIDriver.spec.podInfoOnMount: true)`,
  ];
  return problems.filter((problem) => problem !== false);
}

/** Returns the attributes that the author of the pod wrote. */
function ownAttributes(context: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(context).filter(([name]) => !name.startsWith(POD_INFO)));
}

function podInfo(context: Readonly<Record<string, string>>, name: string): string {
  return context[POD_INFO + name] ?? '';
}

function groupOf({ volume_capability: capability }: NodePublishVolumeRequest): number | undefined {
  const text = capability?.mount?.volume_mount_group ?? '';
  if (text === '') {
    return undefined;
  }
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_GROUP ? Number(text) : NaN;
}
