import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { INSTALL_MANIFEST, renderInstallManifest } from '../../release/install-manifest';
import { ProcessGroup } from '../../processes/process-group';
import { step } from '../../processes/progress';
import { startApiServer, type ApiServer } from '../api-server';
import { INVALID_VALUES, VALID_VALUES } from '../chart/value-cases';
import { Checks, expectEqual, expectParts } from '../checks';
import { CHART, Helm, SYSTEM } from '../cluster/helm';
import { Kubectl } from '../kubectl';
import { type TestbedContext } from '../testbed-context';
import { KUBERNETES_VERSION, OLDEST_KUBERNETES_VERSION, operatorCrds, toolPath } from '../toolchain';
import { OUTSIDE_ADDRESS } from '../world';
import { type Suite } from './suite';

/** The API servers on which the chart must be valid. */
const VERSIONS = { [KUBERNETES_VERSION]: 'kube-apiserver', [OLDEST_KUBERNETES_VERSION]: 'oldest-kube-apiserver' };

/** The only required value. */
const REQUIRED = { image: { registry: 'registry.example/team' } };

/** Namespaces that values name. */
const NAMESPACES = [SYSTEM, 'team-a', 'team-b', 'connectors-csi'];

/** Checks the chart on real API servers: what it renders with many values, what Helm refuses, and what it leaves behind. */
export const chartSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    await checks.check('helm lint', async () => {
      const helm = helmAlone(context);
      await helm.run(['lint', '--strict', CHART, await helm.values('required', REQUIRED)]);
    });
    await checks.check(`${INSTALL_MANIFEST} is what the chart renders; if not: npm run release -- manifests`, async () =>
      expectEqual(await readFile(INSTALL_MANIFEST, 'utf8'), await renderInstallManifest(toolPath('helm')), 'the file'),
    );
    for (const [values, message] of INVALID_VALUES) {
      await checks.check(`helm refuses ${JSON.stringify(values)}`, async () => {
        const helm = helmAlone(context);
        const file = await helm.values('invalid', values);
        const refusal = await helm.run(['template', CHART, '--kube-version=1.37.0', await helm.values('required', REQUIRED), file]).then(
          () => 'accepted',
          (error: unknown) => (error as Error).message,
        );
        expectParts(refusal, [message]);
      });
    }
    for (const [version, program] of Object.entries(VERSIONS)) {
      await checks.part(`Kubernetes ${version}`, () => checkVersion(checks, context, version, program));
    }
    return checks.result;
  },
};

function helmAlone({ directory }: TestbedContext): Helm {
  return new Helm({ kubeconfig: '/dev/null', directory });
}

async function checkVersion(checks: Checks, context: TestbedContext, version: string, program: string): Promise<void> {
  const group = new ProcessGroup(path.join(context.logDirectory, version));
  const directory = path.join(context.directory, version);
  try {
    const api = await step(`starting Kubernetes ${version}`, () =>
      startApiServer(group, directory, OUTSIDE_ADDRESS.apiServer, { program: toolPath(program) }),
    );
    context.secrets.push({ name: `the administrator's token of ${version}`, value: api.adminToken });
    await checkValues(checks, { api, directory, version });
  } finally {
    await group.stopAll();
  }
}

interface Target {
  readonly api: ApiServer;
  readonly directory: string;
  readonly version: string;
}

/** Applies what the chart renders, as a server-side dry run in which unknown fields are errors. */
async function checkValues(checks: Checks, { api, directory, version }: Target): Promise<void> {
  const kubectl = new Kubectl(api.kubeconfig, directory);
  const helm = new Helm({ kubeconfig: api.kubeconfig, directory });
  await kubectl.run(['apply', '--server-side', '-f', path.join(CHART, 'crds'), '-f', operatorCrds]);
  await kubectl.run(['wait', '--for=condition=Established', 'crd', '--all']);
  for (const namespace of NAMESPACES) {
    await kubectl.run(['create', 'namespace', namespace]);
  }
  // The API server asks for the ServiceAccount of a pod, also in a dry run.
  await kubectl.run(['create', 'serviceaccount', 'connectors-self-test', `--namespace=${SYSTEM}`]);
  const required = await helm.values('required', REQUIRED);
  for (const [name, values] of Object.entries(VALID_VALUES)) {
    await checks.check(`${version}: ${name}`, async () => {
      const file = await helm.values('valid', values);
      const rendered = await helm.run([
        'template',
        'oci-connector',
        CHART,
        `--namespace=${SYSTEM}`,
        `--kube-version=${version}`,
        required,
        file,
      ]);
      const documents = rendered.split(/^---$/m).filter((text) => text.trim() !== '');
      const apply = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
      const lines = (await kubectl.run(apply, documents.join('---'))).trim().split('\n');
      expectEqual(lines.length, documents.length, 'number of objects');
    });
  }
  await checks.check(`${version}: autoscaling keeps the number of running replicas`, () =>
    checkAutoscaling({ kubectl, helm }, [required, `--kube-version=${version}`]),
  );
}

/** A Deployment that runs with another number of replicas than the values say, as an autoscaler or `kubectl scale` leaves it. */
async function checkAutoscaling({ kubectl, helm }: { kubectl: Kubectl; helm: Helm }, options: readonly string[]): Promise<void> {
  const deployment = ['deployment', 'connectors-proxy', `--namespace=${SYSTEM}`];
  const render = async (autoscaling: object): Promise<string> => {
    const values = await helm.values('autoscaling', { proxy: { replicas: 3, autoscaling } });
    const proxy = [
      'template',
      'oci-connector',
      CHART,
      `--namespace=${SYSTEM}`,
      '--dry-run=server',
      '--show-only=templates/proxy/deployment.yaml',
    ];
    return helm.run([...proxy, ...options, values]);
  };
  const replicas = (text: string): string | undefined => /^ {2}replicas: (.*)$/m.exec(text)?.[1];
  const enabled = { enabled: true, minReplicas: 2 };
  expectEqual(replicas(await render(enabled)), undefined, 'number at the installation');
  await kubectl.run(['apply', '-f', '-'], await render({ enabled: false }));
  expectEqual(replicas(await render(enabled)), '3', 'number when autoscaling is switched on');
  await kubectl.run(['scale', ...deployment, '--replicas=7']);
  expectEqual(replicas(await render(enabled)), '7', 'number at a later upgrade');
  expectEqual(replicas(await render({ ...enabled, minReplicas: 9 })), '9', 'number with a larger minimum');
  await kubectl.run(['delete', ...deployment]);
}
