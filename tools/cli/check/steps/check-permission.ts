import {
  bindingCommand,
  connectorUse,
  type KubeObject,
  PROXY_VERBS,
  type ProxyVerb,
  ROLE_FOR_VERB,
  USE_OF_VERB,
} from '@oci-connector/connector-api';
import { AccessReviewer, type ClientIdentity, type ResourceType } from '@oci-connector/kube';
import { ServiceAccounts } from '../../../installation/apply-manifests';
import { type NamespacedName } from '../../../installation/namespaced-name';
import { type CheckContext } from '../check-context';
import { asPermissionError } from '../../permission-error';
import { failed, type Outcome, passed, skipped } from '../outcome';

/** Asks the API server what the ServiceAccount may do with the Connector. */
export async function checkPermission(context: CheckContext): Promise<Outcome<NamespacedName>> {
  const { client, as, verb } = context;
  if (!as) {
    return skipped('name a ServiceAccount: --as NAMESPACE/NAME');
  }
  const account = await client.find(ServiceAccounts, as);
  if (!account) {
    return failed(
      `ServiceAccount "${as.name}" does not exist in namespace "${as.namespace}"; create it: kubectl create serviceaccount ${as.name} --namespace ${as.namespace}`,
    );
  }
  const allowed = await allowedVerbs(context, identityOf(as, account.metadata.uid ?? ''));
  if (!allowed.includes(verb)) {
    return failed(`${as.namespace}/${as.name} may not ${USE_OF_VERB[verb]} (${verb} connectors/proxy); ${remedy(context, as)}`);
  }
  const missing = PROXY_VERBS.filter((other) => !allowed.includes(other)).map((other) => USE_OF_VERB[other]);
  const list = allowed.map((other) => USE_OF_VERB[other]).join(', ');
  return passed(`${as.namespace}/${as.name} may ${list}${missing.length > 0 ? `, not ${missing.join(' or ')}` : ''}`, as);
}

async function allowedVerbs(context: CheckContext, identity: ClientIdentity): Promise<readonly ProxyVerb[]> {
  const { client, clock, target, timeoutMs } = context;
  const reviewer = new AccessReviewer({ client, clock, timeoutMs });
  const isAllowed = async (verb: ProxyVerb): Promise<boolean> => {
    try {
      return await reviewer.isAllowed(identity, connectorUse(target, verb));
    } catch (error) {
      if (!asPermissionError(error)) {
        throw error;
      }
      return isAllowedInNamespace(context, identity, verb);
    }
  };
  const answers = await Promise.all(PROXY_VERBS.map(isAllowed));
  return PROXY_VERBS.filter((_verb, index) => answers[index]);
}

interface LocalReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed?: boolean };
}

const LocalSubjectAccessReviews: ResourceType<LocalReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'localsubjectaccessreviews',
  kind: 'LocalSubjectAccessReview',
  namespaced: true,
};

/** The same question about one namespace, which the role admin of that namespace may ask. */
async function isAllowedInNamespace({ client, target }: CheckContext, identity: ClientIdentity, verb: ProxyVerb): Promise<boolean> {
  const { username, uid, groups } = identity;
  const spec = { user: username, uid, groups, resourceAttributes: connectorUse(target, verb) };
  const { status } = await client.create(LocalSubjectAccessReviews, { metadata: { namespace: target.namespace, name: '' }, spec });
  return status?.allowed === true;
}

/** The identity that the API server gives to tokens of a ServiceAccount. */
function identityOf({ namespace, name }: NamespacedName, uid: string): ClientIdentity {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
  };
}

function remedy({ target, verb }: CheckContext, as: NamespacedName): string {
  return `allow it: ${bindingCommand(ROLE_FOR_VERB[verb], target.namespace, as)}`;
}
