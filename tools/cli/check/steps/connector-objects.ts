import {
  authTypeOf,
  type Connector,
  type KubeObject,
  formatProblem,
  isReady,
  parseUpstreamAddress,
  protocolOf,
  Reason,
  type UpstreamAddress,
  validateConnector,
} from '@oci-connector/connector-api';
import { type Credential } from '@oci-connector/credentials';
import { checkCaCertificate, checkSecret, resolveClass, type ResolvedClass, validateAgainstClass } from '@oci-connector/diagnosis';
import {
  ConnectorClasses,
  Connectors,
  formatKey,
  type KubeClient,
  KubeApiError,
  type ObjectKey,
  type ResourceType,
} from '@oci-connector/kube';
import { type CheckContext, scopeOf } from '../check-context';
import { failed, ofCondition, type Outcome, passed } from '../outcome';

/** Finds the Connector, and checks its fields. */
export async function findConnector({ client, target }: CheckContext): Promise<Outcome<Connector>> {
  const connector = await findOrList(client, Connectors, target);
  if (!connector) {
    return failed(
      `Connector "${target.name}" does not exist in namespace "${target.namespace}"; compare with: kubectl get connectors --all-namespaces`,
    );
  }
  const problems = validateConnector(connector);
  if (problems.length > 0) {
    return failed(problems.map(formatProblem).join('; '), Reason.ConnectorInvalid);
  }
  return passed(`${connector.spec.address}, class ${connector.spec.connectorClassName}`, connector);
}

/** Finds the class, and checks that this installation can serve it and that the Connector fits it. */
export async function checkClass(context: CheckContext, connector: Connector): Promise<Outcome<ResolvedClass>> {
  const scope = scopeOf(context, connector);
  const connectorClass = await findOrList(context.client, ConnectorClasses, { name: connector.spec.connectorClassName });
  const resolved = validateAgainstClass(scope, resolveClass(scope, connectorClass));
  return ofCondition(resolved.outcome, () =>
    passed(`${connector.spec.connectorClassName}, protocol ${connectorClass ? protocolOf(connectorClass) : ''}`, resolved),
  );
}

/** The credential; absent for an anonymous Connector. */
export interface FoundCredential {
  readonly credential?: Credential;
}

/** Reads the Secret with the credential. Its values are not shown. */
export async function checkCredentialSecret(
  context: CheckContext,
  connector: Connector,
  resolved: ResolvedClass,
): Promise<Outcome<FoundCredential>> {
  const { outcome, credential } = await checkSecret(scopeOf(context, connector), resolved);
  return ofCondition(outcome, () => {
    const name = connector.spec.auth?.secretRef?.name;
    if (name === undefined) {
      return passed('not used: the Connector is anonymous', { credential });
    }
    const type = resolved.connectorClass && authTypeOf(connector, resolved.connectorClass)?.secretType;
    return passed(`Secret "${name}"${type === undefined ? '' : ` of type ${type}`} has the required keys`, { credential });
  });
}

/** Reads the certificates of `spec.caCertSecretRef`. Its value contains those of the installation, too. */
export async function checkRegistryCa(context: CheckContext, connector: Connector): Promise<Outcome<readonly string[]>> {
  const { outcome, ca } = await checkCaCertificate(scopeOf(context, connector));
  return ofCondition(outcome, () => passed(outcome.message ?? 'spec.caCertSecretRef is not set: the well-known authorities count', ca));
}

/** Parses the address of the registry. The API server does not see every mistake in it. */
export function addressOf(connector: Connector): UpstreamAddress {
  return parseUpstreamAddress(connector.spec.address);
}

/** Compares with what the controller has written. */
export async function checkStatus({ settings }: CheckContext, connector: Connector): Promise<Outcome> {
  const { metadata, status } = connector;
  const advice = `check that the controller is running: kubectl get deployment connectors-controller --namespace ${settings.namespace}`;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!ready) {
    return failed(`the controller has not written a status yet; ${advice}`);
  }
  if (status?.observedGeneration !== metadata.generation) {
    return failed(`the controller has not seen the last change of the Connector yet; ${advice}`);
  }
  if (isReady(connector)) {
    return passed('the controller reports Ready', undefined);
  }
  return failed(
    `the controller reports Ready=${ready.status}: ${ready.message ?? ready.reason ?? ''}; see: kubectl describe connector ${formatKey({ name: metadata.name })} --namespace ${metadata.namespace}`,
    ready.reason,
  );
}

/** Finds an object with the permission to get it or, as the controller has it, to list it. */
async function findOrList<T extends KubeObject>(client: KubeClient, type: ResourceType<T>, key: ObjectKey): Promise<T | undefined> {
  try {
    return await client.find(type, key);
  } catch (error) {
    if (!(error instanceof KubeApiError) || !error.isForbidden) {
      throw error;
    }
    const { items } = await client.list(type, { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` });
    return items[0];
  }
}
