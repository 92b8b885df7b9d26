import { API_GROUP, type ConnectorKey } from '@oci-connector/connector-api';
import { type AccessAttributes, type ClientIdentity } from '@oci-connector/kube';
import { VolumeError } from '../csi.errors';
import { type PublishRequest } from '../request/publish-request';

/** Says what somebody may do; `AccessReviewer` of libs/kube. */
export interface PermissionReviewer {
  /** @throws ReviewUnavailableError */
  isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean>;
}

/** Whoever may pull through a Connector may mount it. */
const VERB = 'get';

/**
 * Asks RBAC whether the pod's ServiceAccount may use the Connector, whether the Connector exists or not.
 *
 * @throws VolumeError AccessDenied, ReviewUnavailableError
 */
export async function checkAccess(request: PublishRequest, { namespace, name }: ConnectorKey, reviewer: PermissionReviewer): Promise<void> {
  const use = { group: API_GROUP, resource: 'connectors', subresource: 'proxy', namespace, name, verb: VERB };
  if (await reviewer.isAllowed(identityOf(request), use)) return;
  const { pod } = request;
  throw new VolumeError(
    'AccessDenied',
    `ServiceAccount ${pod.namespace}/${pod.serviceAccount} may not use Connector ${namespace}/${name}: ` +
      `bind ClusterRole connectors-puller (pull) or connectors-pusher (push and pull) in namespace ${namespace}, e.g. ` +
      `kubectl create rolebinding ${pod.namespace}-${pod.serviceAccount}-connectors --namespace=${namespace} ` +
      `--clusterrole=connectors-pusher --serviceaccount=${pod.namespace}:${pod.serviceAccount}`,
  );
}

/** A ServiceAccount as a TokenReview would name it (pkg/serviceaccount of k8s.io/apiserver). */
function identityOf({ pod, tokenExpiresAt }: PublishRequest): ClientIdentity {
  const { namespace, serviceAccount: name, serviceAccountUid: uid } = pod;
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
    serviceAccount: { namespace, name, uid },
    tokenExpiresAt,
  };
}
