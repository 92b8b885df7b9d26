import { type Checks, expectParts } from '../checks';
import { type Kubectl } from '../kubectl';
import { NAMESPACE } from '../connector-names';

/** Paths for `kubectl explain`, and the fields that its output must contain. */
const EXPLAINED: Readonly<Record<string, readonly string[]>> = {
  connector: ['spec', 'status'],
  'connector.spec': ['address', 'connectorClassName', 'auth', 'caCertSecretRef', 'params', 'addressExtensions'],
  'connector.spec.auth': ['name', 'secretRef', 'params', 'trustedRealms'],
  'connector.spec.auth.secretRef': ['name', 'namespace'],
  'connector.spec.auth.trustedRealms': [],
  'connector.status.conditions': ['type', 'status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'],
  'connector.status.proxy': ['httpAddress', 'httpsAddress'],
  connectorclass: ['spec', 'status'],
  'connectorclass.spec': ['protocol', 'auth', 'livenessProbe', 'authProbes', 'proxy', 'configurations'],
  'connectorclass.spec.protocol': [],
  'connectorclass.spec.livenessProbe.http': ['path', 'method', 'httpHeaders'],
};

/** Checks what kubectl shows of the types and of the existing Connectors. */
export async function checkViews(checks: Checks, kubectl: Kubectl): Promise<void> {
  for (const [path, fields] of Object.entries(EXPLAINED)) {
    await checks.check(`kubectl explain ${path}`, async () => checkExplanation(await kubectl.run(['explain', path]), fields));
  }
  const here = [`--namespace=${NAMESPACE}`];
  for (const name of ['connectors', 'connector', 'conn', 'oci-connector']) {
    await checks.check(`kubectl get ${name}`, async () => {
      const table = await kubectl.run(['get', name, ...here]);
      expectMatch(table, /^NAME +CLASS +ADDRESS +READY +REASON +AGE$/m);
      expectMatch(table, /^(connector\.connectors\.alauda\.io\/)?dist3-token +oci +https:\/\/dist3-token\.registry\.example +True +/m);
    });
  }
  for (const name of ['connectorclasses', 'connectorclass']) {
    await checks.check(`kubectl get ${name}`, async () => {
      const table = await kubectl.run(['get', name]);
      expectMatch(table, /^NAME +READY +REASON +AGE$/m);
      expectMatch(table, /^oci +True +/m);
    });
  }
  await checks.check('kubectl describe connector', async () => {
    const text = await kubectl.run(['describe', 'connector', 'dist3-token', ...here]);
    expectParts(text, [
      'Connector Class Name:  oci',
      'Trusted Realms:',
      'AuthReady',
      'LivenessReady',
      'Http Address:',
      'Https Address:',
      'Observed Generation:',
    ]);
    expectMatch(text, /^Events:\n +Type +Reason +Age +From +Message$/m);
  });
  await checks.check('kubectl describe connectorclass', async () => {
    expectParts(await kubectl.run(['describe', 'connectorclass', 'oci']), [
      'tokenAuth',
      'cpaas.io/distribution-registry-token',
      'Conditions:',
    ]);
  });
}

/** Checks that every field has a description, and that the output contains the given fields. */
function checkExplanation(text: string, fields: readonly string[]): void {
  expectMatch(text, /^DESCRIPTION:\n +\S/m);
  for (const missing of ['<no description>', '<empty>']) {
    if (text.includes(missing)) {
      throw new Error(`${missing} in: ${text}`);
    }
  }
  for (const field of fields) {
    expectMatch(text, new RegExp(`^ +${field}\\t<`, 'm'));
  }
}

function expectMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) {
    throw new Error(`${String(pattern)} does not match: ${text.slice(0, 2000)}`);
  }
}
