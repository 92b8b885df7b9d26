import { bindingCommand, type ProxyVerb } from '@oci-connector/connector-api';
import { type ClientIdentity } from '@oci-connector/kube';
import { type NamedConnector } from '../naming/naming';
import { ProxyError } from '../proxy.errors';
import { type Authenticated } from './proxy-exchange';

/**
 * Returns the error for a client that lacks a verb on the Connector. It does not reveal whether the Connector exists.
 *
 * @param why why the request requires the verb, if that is not obvious
 */
export function permissionDenied(
  { identity, named }: Pick<Authenticated, 'identity' | 'named'>,
  verb: ProxyVerb,
  why?: string,
): ProxyError {
  const role = missingRole(verb, named, identity);
  const message = `${identity.username} may not ${verb} connectors/proxy "${named.name}" in namespace "${named.namespace}"; bind it to ${role}`;
  return new ProxyError('PermissionDenied', why === undefined ? message : `${why}: ${message}`);
}

/** Describes the role that grants the verb: a shipped ClusterRole, or for `delete` a Role that the user must create. */
function missingRole(verb: ProxyVerb, { namespace }: NamedConnector, { serviceAccount }: ClientIdentity): string {
  if (verb === 'delete') {
    return 'a Role with the verb delete on connectors/proxy there';
  }
  const role = verb === 'get' ? 'connectors-puller' : 'connectors-pusher';
  const help = `the ClusterRole ${role} there`;
  return serviceAccount ? `${help}: ${bindingCommand(role, namespace, serviceAccount)}` : help;
}
