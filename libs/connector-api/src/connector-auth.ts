import { type AuthType } from './auth-type';
import { type Connector } from './connector';
import { type ConnectorClass } from './connector-class';

/** Returns the authentication type of a Connector; undefined when it has none, or one that its class does not have. */
export function authTypeOf({ spec }: Connector, connectorClass: ConnectorClass): AuthType | undefined {
  return connectorClass.spec.auth?.types?.find(({ name }) => name === spec.auth?.name);
}

/**
 * Returns the authentication type for which a Connector must name a Secret; undefined when it may be anonymous. A Connector without a type
 * may be anonymous when any type of its class is optional.
 */
export function typeThatNeedsSecret(connector: Connector, connectorClass: ConnectorClass): AuthType | undefined {
  const chosen = authTypeOf(connector, connectorClass);
  const types = chosen ? [chosen] : (connectorClass.spec.auth?.types ?? []);
  return types.some(({ optional }) => optional) ? undefined : types[0];
}

/**
 * Returns the namespace of a Connector's Secret when it is not the Connector's own: the author of a Connector must not be able to send
 * a Secret of another namespace to a host of the author's choice.
 */
export function foreignSecretNamespace({ metadata, spec }: Connector): string | undefined {
  const namespace = spec.auth?.secretRef?.namespace;
  return namespace === undefined || namespace === '' || namespace === metadata.namespace ? undefined : namespace;
}
