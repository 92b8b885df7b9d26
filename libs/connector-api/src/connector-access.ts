import { API_GROUP } from './api-group';
import { type ConnectorKey } from './names';

/** The verb on `connectors/proxy` in a SubjectAccessReview: to pull, to push, to delete. */
export const PROXY_VERBS = ['get', 'update', 'delete'] as const;

export type ProxyVerb = (typeof PROXY_VERBS)[number];

/** What each verb allows, in words. */
export const USE_OF_VERB = { get: 'pull', update: 'push', delete: 'delete' } as const satisfies Readonly<Record<ProxyVerb, string>>;

/** The verb that each use in words needs. */
export const VERB_OF_USE = { pull: 'get', push: 'update', delete: 'delete' } as const satisfies Readonly<
  Record<(typeof USE_OF_VERB)[ProxyVerb], ProxyVerb>
>;

/** The ClusterRoles of the chart that allow these verbs. */
export type ConnectorRole = 'connectors-puller' | 'connectors-pusher' | 'connectors-admin';

/** The smallest of these roles that allows a verb. */
export const ROLE_FOR_VERB: Readonly<Record<ProxyVerb, ConnectorRole>> = {
  get: 'connectors-puller',
  update: 'connectors-pusher',
  delete: 'connectors-admin',
};

/** The attributes of a SubjectAccessReview for the use of a Connector. */
export interface ConnectorUse extends ConnectorKey {
  readonly group: string;
  readonly resource: 'connectors';
  readonly subresource: 'proxy';
  readonly verb: ProxyVerb;
}

/** Returns the RBAC attributes for the use of a Connector: the subresource `connectors/proxy`. */
export function connectorUse({ namespace, name }: ConnectorKey, verb: ProxyVerb): ConnectorUse {
  return { group: API_GROUP, resource: 'connectors', subresource: 'proxy', namespace, name, verb };
}

/** Returns the command that allows a ServiceAccount to use all Connectors of a namespace. */
export function bindingCommand(
  role: ConnectorRole,
  namespace: string,
  account: { readonly namespace: string; readonly name: string },
): string {
  return (
    `kubectl create rolebinding ${account.namespace}-${account.name}-${role} --namespace=${namespace} ` +
    `--clusterrole=${role} --serviceaccount=${account.namespace}:${account.name}`
  );
}
