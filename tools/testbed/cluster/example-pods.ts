import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { expectEqual, expectParts, type Checks } from '../checks';
import { workspaceRoot } from '../../processes/workspace';
import { type ClusterTests } from './cluster-tests';
import { EXAMPLES, type Example } from './examples';
import { applyJson } from './installed-cluster';
import { podImage } from './pod-images';
import { SAMPLE } from './shared-connector';

const DIRECTORY = path.join(workspaceRoot, 'deploy/examples/pods');

const PULLED = 'library/alpine:3.22';

interface Container {
  readonly image: string;
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
}

async function checkExample({ cluster, pods, registry }: ClusterTests, client: string, { pushes, is }: Example): Promise<void> {
  const { metadata, spec, ...pod } = parse(await readFile(path.join(DIRECTORY, `${client}.yaml`), 'utf8')) as Pod;
  const target = `${SAMPLE.pusher.namespace}/${pushes}`;
  // Several pods push the same name; the result of one must not count for another.
  await registry.remove(target);
  const here = (container: Container): Container => ({ ...container, image: podImage(client) });
  const { containers, initContainers = [] } = spec;
  await applyJson(cluster, [
    { ...pod, metadata, spec: { ...spec, containers: containers.map(here), initContainers: initContainers.map(here) } },
  ]);
  const log = await pods.result(metadata);
  await pods.delete(metadata);
  const pushed = await registry.digest(target);
  if (is === 'new') {
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
