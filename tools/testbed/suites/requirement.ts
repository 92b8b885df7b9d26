import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { Checks, expectEqual, expectParts } from '../checks';
import { startDockerHub, type DockerHub } from '../docker-hub';
import { HubClient } from '../hub-client';
import { Kubectl } from '../kubectl';
import { pageBlock, readPage } from '../pages/page-blocks';
import { PageShell } from '../pages/page-shell';
import { checkSandbox, sandboxLogs, startSandbox, type Prefix } from '../sandbox-run';
import { searchLogs } from '../secret-search';
import { until } from '../../processes/until';
import { type Suite, type SuiteContext } from './suite';

/** Unchanged manifests of the original requirement. */
const MANIFESTS = path.join(process.cwd(), 'tools/testbed/requirement');
const ANONYMOUS = path.join(MANIFESTS, 'connector.yaml');
const WITH_SECRET = path.join(MANIFESTS, 'connector-with-secret.yaml');
const WITH_DESCRIPTION = path.join(MANIFESTS, 'connector-with-description.yaml');
const WITH_STATUS = path.join(MANIFESTS, 'connector-with-status.yaml');

/** The account in those manifests. */
const ACCOUNT = { username: 'your-username', password: 'your-password' };

const PROXY_PATH = '/namespaces/default/connectors/dockerhub-demo';

const DEADLINE_MS = 30_000;

/** Runs the example of the original requirement end to end, as a user who has only `npm start`, kubectl and crane. */
export const requirementSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const hub = await startDockerHub(context, ACCOUNT);
    const directory = path.join(context.directory, 'requirement');
    await mkdir(directory);
    const crane = new HubClient(directory, context.registryCaFile);
    for (const name of ['library/nginx:latest', 'library/nginx:1.29', 'team/private:latest']) {
      await crane.push(context.content.imageLayout, `${hub.host}/${name}`, { host: hub.host, login: hub.account });
    }
    await checkCommand(checks, context.registryCaFile);
    await useByHand({ checks, context, hub, crane, directory });
    await outside({ checks, context, directory });
    return checks.result;
  },
};

/** Checks `npm start -- --check -f FILE --ca-bundle FILE`. */
async function checkCommand(checks: Checks, caFile: string): Promise<void> {
  for (const file of [ANONYMOUS, WITH_SECRET]) {
    await checks.check(`npm start -- --check -f ${path.basename(file)}: Ready, exit status 0`, async () => {
      const { status, stdout, stderr } = await checkSandbox(['-f', file, '--ca-bundle', caFile]);
      expectEqual(status, 0, `status of: ${stdout}${stderr}`);
      expectParts(stdout, ['Connector default/dockerhub-demo applied', PROXY_PATH]);
      if (!/^default +dockerhub-demo +True\b/m.test(stdout)) {
        throw new Error(`not Ready: ${stdout}`);
      }
    });
  }
}

interface ByHand {
  readonly checks: Checks;
  readonly context: SuiteContext;
  readonly hub: DockerHub;
  readonly crane: HubClient;
  readonly directory: string;
}

interface ConnectorView {
  readonly spec: { readonly auth?: { readonly secretRef?: { readonly name: string } } };
  readonly status?: {
    readonly proxy?: { readonly httpAddress?: { readonly url?: string } };
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly observedGeneration?: number;
  };
  readonly metadata: { readonly generation: number; readonly annotations?: Readonly<Record<string, string>> };
}

const CONNECTOR = ['connector', 'dockerhub-demo'];

/** Uses a running sandbox with kubectl and crane, as a user would. */
async function useByHand(hand: ByHand): Promise<void> {
  const { checks, context, directory } = hand;
  const sandbox = await startSandbox(context.group, ['--ca-bundle', context.registryCaFile]);
  try {
    const kubectl = new Kubectl(sandbox.kubeconfig, directory);
    const host = new URL(sandbox.proxy.http).host;
    await checks.check('kubectl apply -f connector.yaml: Ready without a Secret', async () => {
      await kubectl.run(['apply', '-f', ANONYMOUS]);
      await conditionsBecome(kubectl, { Ready: 'True', SecretReady: 'True', LivenessReady: 'True' });
    });
    await checks.check('Service c-dockerhub-demo and status.proxy.httpAddress.url', () =>
      checkProxyObjects(kubectl, `${sandbox.proxy.http}${PROXY_PATH}`),
    );
    await checkKubectlViews(checks, kubectl);
    const image = (name: string): string => `${host}${PROXY_PATH}/${name}`;
    await grantPush(kubectl);
    const token = (await kubectl.run(['create', 'token', 'builder', '--audience=connectors-proxy'])).trim();
    const login = { host, login: { username: 'any', password: token } };
    await checkPulls(hand, image, login);
    await checks.check('anonymous: a push is refused', () =>
      hand.crane.refusedPush(context.content.imageLayout, image('team/app:v1'), login),
    );
    await checks.check('kubectl apply -f connector-with-secret.yaml: Ready with the Secret', async () => {
      await kubectl.run(['apply', '-f', WITH_SECRET]);
      await conditionsBecome(kubectl, { Ready: 'True', AuthReady: 'True', SecretReady: 'True' });
      expectEqual((await kubectl.get<ConnectorView>(CONNECTOR)).spec.auth?.secretRef?.name, 'oci-secret', 'secretRef');
    });
    await checkPulls(hand, image, login);
    await checks.check('with the Secret: pull of a private image, and push', async () => {
      await hand.crane.pull(image('team/private:latest'), context.content.imageDigest, login);
      await hand.crane.push(context.content.imageLayout, image('team/app:v1'), login);
      await hand.crane.pull(`${hand.hub.host}/team/app:v1`, context.content.imageDigest, { host: hand.hub.host, login: ACCOUNT });
    });
    await checkFurtherManifests(checks, kubectl);
    await checks.check('README.md: the commands of "First pull" for the sandbox', () => checkPage(directory, kubectl));
    await checks.check("the sandbox's logs contain no secret", async () => {
      const secrets = [
        { name: 'the password', value: ACCOUNT.password },
        { name: "the client's token", value: token },
      ];
      expectEqual(await searchLogs(sandboxLogs, secrets), [], 'finds');
    });
  } finally {
    await sandbox.process.stop(DEADLINE_MS);
  }
}

async function checkPulls(
  { checks, context, crane }: ByHand,
  image: (name: string) => string,
  login: Parameters<HubClient['pull']>[2],
): Promise<void> {
  for (const name of ['nginx', 'library/nginx']) {
    await checks.check(`crane pulls ${name} through the proxy`, () => crane.pull(image(name), context.content.imageDigest, login));
  }
}

async function checkProxyObjects(kubectl: Kubectl, url: string): Promise<void> {
  const { spec } = await kubectl.get<{ spec: { type: string; externalName: string } }>(['service', 'c-dockerhub-demo']);
  expectEqual(spec.type, 'ExternalName', 'type of the Service');
  expectEqual(spec.externalName, 'connectors-proxy-service.connectors-system.svc.cluster.local', 'externalName');
  const { status } = await kubectl.get<ConnectorView>(CONNECTOR);
  expectEqual(status?.proxy?.httpAddress?.url, url, 'status.proxy.httpAddress.url');
}

async function checkKubectlViews(checks: Checks, kubectl: Kubectl): Promise<void> {
  await checks.check('kubectl get connectors', async () => {
    const table = await kubectl.run(['get', 'connectors']);
    if (!/^NAME +CLASS +ADDRESS +READY +REASON +AGE$/m.test(table)) {
      throw new Error(`columns: ${table}`);
    }
    if (!/^dockerhub-demo +oci +https:\/\/index\.docker\.io +True +/m.test(table)) {
      throw new Error(`row: ${table}`);
    }
  });
  await checks.check('kubectl describe connector', async () => {
    expectParts(await kubectl.run(['describe', ...CONNECTOR]), [
      'Connector Class Name:',
      'https://index.docker.io',
      'LivenessReady',
      'Http Address',
      'Events:',
    ]);
  });
}

async function grantPush(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['create', 'serviceaccount', 'builder']);
  await kubectl.run(['create', 'rolebinding', 'builder', '--clusterrole=connectors-pusher', '--serviceaccount=default:builder']);
}

/** Applies the manifests of the requirement that are no complete objects. */
async function checkFurtherManifests(checks: Checks, kubectl: Kubectl): Promise<void> {
  await checks.check('kubectl patch with the described manifest keeps the rest', async () => {
    await kubectl.run(['patch', ...CONNECTOR, '--type=merge', '--patch-file', WITH_DESCRIPTION]);
    const { metadata, spec } = await kubectl.get<ConnectorView>(CONNECTOR);
    expectParts(metadata.annotations?.['cpaas.io/description'] ?? '', ['Docker Hub']);
    expectEqual(spec.auth?.secretRef?.name, 'oci-secret', 'secretRef');
  });
  await checks.check('kubectl apply of the manifest with a status leaves the status to the controller', async () => {
    await kubectl.run(['apply', '-f', WITH_STATUS]);
    await conditionsBecome(kubectl, { Ready: 'False', SecretReady: 'False' });
    const { status } = await kubectl.get<ConnectorView>(CONNECTOR);
    expectParts(status?.proxy?.httpAddress?.url ?? '', [PROXY_PATH]);
    expectEqual(status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'SecretNotFound', 'reason');
  });
}

/** Runs the commands of the page for a second terminal, with the YAML of the page. */
async function checkPage(parent: string, kubectl: Kubectl): Promise<void> {
  const directory = path.join(parent, 'second-terminal');
  const shell = await PageShell.open({ directory });
  // The page calls the workspace "this directory".
  await symlink(path.join(process.cwd(), '.sandbox'), path.join(directory, '.sandbox'));
  await writeFile(path.join(directory, 'readme.yaml'), yamlBlocks(readPage('README.md')).join(''));
  const [apply, ...others] = pageBlock('first pull in the sandbox', { FILE: 'readme.yaml' }).split(/(?<=kubectl apply .*\n)/);
  await shell.run(apply ?? '');
  await conditionsBecome(kubectl, { Ready: 'True' });
  await shell.run([apply, ...others].join(''));
  expectParts(await shell.run('tar -xOf nginx.tar manifest.json'), ['library/nginx:1.29']);
}

/** Waits until the controller has checked the current generation of the Connector, and the conditions are as expected. */
async function conditionsBecome(kubectl: Kubectl, expected: Readonly<Record<string, string>>): Promise<ConnectorView> {
  return until(DEADLINE_MS, async () => {
    const connector = await kubectl.get<ConnectorView>(CONNECTOR);
    expectEqual(connector.status?.observedGeneration, connector.metadata.generation, 'observedGeneration');
    const conditions = connector.status?.conditions ?? [];
    for (const [type, status] of Object.entries(expected)) {
      expectEqual(conditions.find((condition) => condition.type === type)?.status, status, `${type} in ${JSON.stringify(conditions)}`);
    }
    return connector;
  });
}

/**
 * Repeats the example where the names of Docker Hub do not resolve. Everything that does not need Docker Hub must exist, and
 * the conditions must show the reason.
 */
async function outside({ checks, context, directory }: Pick<ByHand, 'checks' | 'context' | 'directory'>): Promise<void> {
  const hosts = path.join(directory, 'hosts');
  await writeFile(hosts, '127.0.0.1 localhost\n::1 localhost\n');
  const noNames: Prefix = [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount --bind "$0" /etc/hosts && exec "$@"',
    hosts,
  ];
  const args = ['-f', WITH_SECRET, '--ca-bundle', context.registryCaFile];
  await checks.check('without a network: npm start -- --check fails and prints the reason', async () => {
    const { status, stdout } = await checkSandbox(args, noNames);
    expectEqual(status, 1, 'status');
    expectParts(stdout, ['Connector default/dockerhub-demo is not Ready (ConnectionFailed)', 'registry-1.docker.io']);
  });
  const sandbox = await startSandbox(context.group, args, noNames);
  try {
    const kubectl = new Kubectl(sandbox.kubeconfig, directory);
    await checks.check('without a network: Service and status.proxy exist', () =>
      checkProxyObjects(kubectl, `${sandbox.proxy.http}${PROXY_PATH}`),
    );
    await checks.check('without a network: LivenessReady is False, and its message names the host', async () => {
      const { status } = await conditionsBecome(kubectl, {
        Ready: 'False',
        LivenessReady: 'False',
        SecretReady: 'True',
        ProxyServiceReady: 'True',
      });
      const liveness = status?.conditions?.find(({ type }) => type === 'LivenessReady');
      expectEqual(liveness?.reason, 'ConnectionFailed', 'reason');
      expectParts(liveness?.message ?? '', ['registry-1.docker.io']);
      process.stdout.write(`       ${liveness?.message}\n`);
    });
  } finally {
    await sandbox.process.stop(DEADLINE_MS);
  }
}
