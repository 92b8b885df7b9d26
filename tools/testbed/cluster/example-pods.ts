import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { type Checks } from '../checks';
import { workspaceRoot } from '../../installation/install-product';
import { type ClusterTests } from './cluster-tests';
import { applyJson } from './installed-cluster';
import { podImage } from './pod-images';
import { SAMPLE } from './shared-connector';

const EXAMPLES = path.join(workspaceRoot, 'deploy/examples/pods');

/** Those whose client is in an image of ours, and what each pushes. */
const PUSHED: Readonly<Record<string, string>> = { crane: 'alpine:3.22', skopeo: 'alpine:3.22', oras: 'hello:v1' };

interface Pod {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: { readonly containers: readonly object[] };
}

/** The pods of the documentation run as they stand there; only the images are those that this cluster can pull. */
export async function checkExamplePods(checks: Checks, { cluster, pods, registry }: ClusterTests): Promise<void> {
  for (const [client, pushed] of Object.entries(PUSHED)) {
    await checks.check(`deploy/examples/pods/${client}.yaml`, async () => {
      const { metadata, spec, ...pod } = parse(await readFile(path.join(EXAMPLES, `${client}.yaml`), 'utf8')) as Pod;
      const containers = spec.containers.map((container) => ({ ...container, image: podImage(client) }));
      await applyJson(cluster, [{ ...pod, metadata, spec: { ...spec, containers } }]);
      await pods.result(metadata);
      await registry.digest(`${SAMPLE.pusher.namespace}/${pushed}`);
    });
  }
}
