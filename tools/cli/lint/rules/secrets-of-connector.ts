import { type Connector, foreignSecretNamespace } from '@oci-connector/connector-api';
import { checkCaCertificate, checkSecret, type CheckScope } from '@oci-connector/diagnosis';
import { type KubeClient, type ObjectKey, type Secret } from '@oci-connector/kube';
import { classOf, type ConnectorRule, type LintContext, type RuleProblem } from '../lint-rule';

/** The Secrets that the Connector names can be used, if they are among the files. The checks are those of the controller. */
export const secretsOfConnector: ConnectorRule = {
  name: 'secrets-of-connector',
  reads: 'spec',
  check: async (connector, context) => [...(await credentialProblems(connector, context)), ...(await caProblems(connector, context))],
};

async function credentialProblems(connector: Connector, context: LintContext): Promise<RuleProblem[]> {
  const path = 'spec.auth.secretRef';
  if (foreignSecretNamespace(connector) !== undefined) {
    return [{ path: `${path}.namespace`, message: 'must be the namespace of the Connector; create the Secret there and remove the field' }];
  }
  const connectorClass = classOf(connector, context);
  if (!connectorClass || !secretNamed(connector, connector.spec.auth?.secretRef?.name, context)) {
    return [];
  }
  const { outcome } = await checkSecret(scopeOf(connector, context), {
    outcome: { type: 'ConnectorClassReady', status: 'True' },
    connectorClass,
  });
  return outcome.status === 'True' ? [] : [{ path, message: `cannot be used: ${outcome.message}` }];
}

async function caProblems(connector: Connector, context: LintContext): Promise<RuleProblem[]> {
  if (!secretNamed(connector, connector.spec.caCertSecretRef?.name, context)) {
    return [];
  }
  const { outcome } = await checkCaCertificate(scopeOf(connector, context));
  return outcome.status === 'True' ? [] : [{ path: 'spec.caCertSecretRef', message: `cannot be used: ${outcome.message}` }];
}

/** Returns the Secret as the API server would return it. */
function secretNamed(connector: Connector, name: string | undefined, { manifests }: LintContext): Secret | undefined {
  const found = manifests.find(
    ({ object }) =>
      object.kind === 'Secret' && object.metadata?.name === name && object.metadata?.namespace === connector.metadata.namespace,
  );
  if (!found) {
    return undefined;
  }
  const { stringData, data, ...secret } = found.object as unknown as SecretText;
  const entries = Object.entries(data ?? {}).map(([key, value]) => [key, textOf(value)] as const);
  const written = Object.entries(stringData ?? {}).map(([key, value]) => [key, Buffer.from(textOf(value)).toString('base64')] as const);
  return { ...secret, data: Object.fromEntries([...entries, ...written]) };
}

/** A Secret as a file has it. A map or a value that is null is empty. */
type SecretText = Omit<Secret, 'data' | 'stringData'> & Partial<Record<'data' | 'stringData', Readonly<Record<string, unknown>> | null>>;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function scopeOf(connector: Connector, context: LintContext): CheckScope {
  const find = async (_type: unknown, { name }: ObjectKey): Promise<unknown> => secretNamed(connector, name, context);
  return {
    connector,
    namespace: connector.metadata.namespace ?? '',
    tools: { client: { find: find as KubeClient['find'] }, installation: context.settings, installationCa: [] },
    signal: new AbortController().signal,
  };
}
