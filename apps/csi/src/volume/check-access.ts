import { bindingCommand, type ConnectorKey, connectorUse } from '@oci-connector/connector-api';
import { type AccessAttributes, type ClientIdentity } from '@oci-connector/kube';
import { VolumeError } from '../csi.errors';
import { type PublishRequest } from '../request/publish-request';

/** Checks permissions; implemented by `AccessReviewer` of libs/kube. */
export interface PermissionReviewer {
  /** @throws ReviewUnavailableError when the API server does not answer */
  isAllowed(identity: ClientIdentity, attributes: AccessAttributes): Promise<boolean>;
}

/**
 * Checks with RBAC that the pod's ServiceAccount may use the Connector, without regard to whether the Connector exists. The permission
 * to pull through a Connector is the permission to mount it.
 *
 * @throws VolumeError AccessDenied when it may not
 * @throws ReviewUnavailableError when the API server does not answer
 */
export async function checkAccess(request: PublishRequest, connector: ConnectorKey, reviewer: PermissionReviewer): Promise<void> {
  if (await reviewer.isAllowed(identityOf(request), connectorUse(connector, 'get'))) {
    return;
  }
  const { pod } = request;
  const { namespace, name } = connector;
  const account = { namespace: pod.namespace, name: pod.serviceAccount };
  throw new VolumeError(
    'AccessDenied',
    `ServiceAccount ${account.namespace}/${account.name} may not use Connector ${namespace}/${name}${perhapsElsewhere(request, connector)}: ` +
      `bind ClusterRole connectors-puller (pull) or connectors-pusher (push and pull) in namespace ${namespace}, e.g. ` +
      bindingCommand('connectors-puller', namespace, account),
  );
}

/** Returns a hint for the case that the Connector was named without its namespace. */
export function perhapsElsewhere({ pod }: PublishRequest, { namespace }: ConnectorKey): string {
  return namespace === pod.namespace
    ? ' of the pod\'s own namespace (a Connector of another one is written NAMESPACE/NAME in "connectors")'
    : '';
}

/** Returns the identity that a TokenReview of the ServiceAccount's token would return (pkg/serviceaccount of k8s.io/apiserver). */
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
