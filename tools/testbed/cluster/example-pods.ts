import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { expectEqual, expectParts, type Checks } from '../checks';
import { runCommand } from '../../processes/run-command';
import { workspaceRoot } from '../../processes/workspace';
import { toolPath } from '../toolchain';
import { type ClusterTests } from './cluster-tests';
import { EXAMPLES, type Example } from './examples';
import { KANIKO_LIBRARY } from './example-images';
import { applyJson } from './installed-cluster';
import { podImage } from './pod-images';
import { SAMPLE } from './shared-connector';

const DIRECTORY = path.join(workspaceRoot, 'deploy/examples/pods');

const PULLED = 'library/alpine:3.22';

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
}

interface Pod {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
}

/** Runs the pods of the documentation unchanged, except for their images, which this cluster can pull. */
export async function checkExamplePods(checks: Checks, tests: ClusterTests): Promise<void> {
  for (const [client, example] of Object.entries(EXAMPLES)) {
    await checks.check(`deploy/examples/pods/${client}.yaml`, () => checkExample(tests, client, example));
  }
  await checks.check('deploy/examples/pods/kaniko.yaml, with the library of kaniko instead of kaniko', () => checkKanikoLibrary(tests));
}

async function readPod(client: string): Promise<Pod> {
  return parse(await readFile(path.join(DIRECTORY, `${client}.yaml`), 'utf8')) as Pod;
}

async function checkExample(tests: ClusterTests, client: string, { pushes, is }: Example): Promise<void> {
  const { cluster, pods, registry } = tests;
  const { metadata, spec, ...pod } = await readPod(client);
  const target = `${SAMPLE.pusher.namespace}/${pushes}`;
  // Several pods push the same name; the result of one must not count for another.
  await registry.remove(target);
  if (is === 'signed') {
    await prepareSigning(tests, target);
  }
  const here = (container: Container): Container => ({ ...container, image: podImage(client) });
  const { containers, initContainers = [] } = spec;
  await applyJson(cluster, [
    { ...pod, metadata, spec: { ...spec, containers: containers.map(here), initContainers: initContainers.map(here) } },
  ]);
  const log = await pods.result(metadata);
  await pods.delete(metadata);
  const pushed = await registry.digest(target);
  if (is === 'new' || is === 'signed') {
    expectParts(log, [pushed]);
  }
  if (is === 'the same') {
    expectEqual(pushed, await registry.digest(PULLED), 'digest of the pushed image');
  }
  if (is === 'built on the same') {
    const [base, built] = [await registry.contents(PULLED), await registry.contents(target)];
    expectEqual(built.slice(0, base.length), base, 'digests of the first layers, uncompressed');
  }
}

/** Runs the pod of kaniko with a client that has its registry library. It reads the same login and CA, and pushes to the same name. */
async function checkKanikoLibrary({ cluster, pods, registry }: ClusterTests): Promise<void> {
  const { metadata, spec, ...pod } = await readPod('kaniko');
  const [container] = spec.containers;
  const option = (name: string): string => container?.args?.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
  const [host, ca = ''] = option('registry-certificate').split('=');
  const target = `${SAMPLE.pusher.namespace}/hello:v1`;
  expectEqual(option('destination'), `${host}/${target}`, 'destination');
  await registry.remove(target);
  const library = {
    ...container,
    image: podImage(KANIKO_LIBRARY),
    args: ['copy', `${host}/${PULLED}`, option('destination')],
    env: [
      { name: 'DOCKER_CONFIG', value: path.dirname(ca) },
      { name: 'SSL_CERT_FILE', value: ca },
    ],
  };
  await applyJson(cluster, [{ ...pod, metadata, spec: { ...spec, initContainers: [], containers: [library] } }]);
  await pods.result(metadata);
  await pods.delete(metadata);
  expectEqual(await registry.digest(target), await registry.digest(PULLED), 'digest of the pushed image');
}

/** Pushes the image that the pod signs, and creates the Secret with the key by the command of docs/clients/cosign.md. */
async function prepareSigning({ cluster, registry }: ClusterTests, target: string): Promise<void> {
  await registry.push(cluster.shellImage, target);
  const { namespace } = SAMPLE.pusher;
  await runCommand([toolPath('cosign'), 'generate-key-pair', `k8s://${namespace}/cosign`], {
    cwd: cluster.directory,
    env: { HOME: cluster.directory, KUBECONFIG: cluster.api.kubeconfig, COSIGN_PASSWORD: 'of the key of this run' },
  });
}
