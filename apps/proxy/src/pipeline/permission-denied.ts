import { bindingCommand, type ProxyVerb, ROLE_FOR_VERB } from '@oci-connector/connector-api';
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

/** Describes the shipped ClusterRole that grants the verb. */
function missingRole(verb: ProxyVerb, { namespace }: NamedConnector, { serviceAccount }: ClientIdentity): string {
  const role = ROLE_FOR_VERB[verb];
  const help = `the ClusterRole ${role} there`;
  return serviceAccount ? `${help}: ${bindingCommand(role, namespace, serviceAccount)}` : help;
}
