import path from 'node:path';
import { workspaceRoot } from '../../processes/workspace';
import { step } from '../../processes/progress';
import { type Registry } from '../registries';
import { type TestbedContext } from '../testbed-context';
import { startInstalledCluster, type InstalledCluster } from './installed-cluster';
import { pushClientImages, pushExampleImages } from './pod-images';
import { Pods } from './pods';
import { RegistrySide } from './registry-side';
import { PLATFORM, SOURCE, TEAM_A } from './tenants';
import { SAMPLE, shareConnector } from './shared-connector';

/** What every check in the cluster uses. */
export interface ClusterTests {
  readonly cluster: InstalledCluster;
  readonly pods: Pods;
  /** The registry behind {@link PLATFORM}. */
  readonly registry: RegistrySide;
  readonly sourceDigest: string;
}

/** Starts the cluster, with the images, the Connector and the teams. */
export async function startClusterTests(context: TestbedContext): Promise<ClusterTests> {
  const cluster = await startInstalledCluster({
    ...context,
    // What `cluster up` has is what every version takes.
    csiDriverFile: path.join(workspaceRoot, 'deploy/csidriver-1.35.yaml'),
    // The shortest life that Kubernetes gives a token.
    tokenSeconds: 600,
  });
  const target = context.registries.find(({ name }) => name === 'dist3-htpasswd');
  if (!target) {
    throw new Error('the registry dist3-htpasswd is not there');
  }
  const registry = await RegistrySide.of(target, context.registryCaFile, path.join(cluster.directory, 'registry-login'));
  await step('making images of clients, sharing Connectors', () =>
    Promise.all([makeImages(path.join(cluster.directory, 'images')), prepare(context, cluster, registry, target)]),
  );
  return { cluster, pods: new Pods(cluster), registry, sourceDigest: context.content.imageDigest };
}

async function makeImages(directory: string): Promise<void> {
  await pushClientImages(directory);
  await pushExampleImages(directory);
}

/** Images in the registry, and Connectors for it: that of the examples, and that of {@link PLATFORM}. */
async function prepare(context: TestbedContext, cluster: InstalledCluster, registry: RegistrySide, target: Registry): Promise<void> {
  await registry.push(context.content.imageLayout, SOURCE);
  // Some of the examples run a command in it.
  await registry.push(cluster.shellImage, 'library/alpine:3.22');
  await shareConnector(cluster, target, SAMPLE);
  await shareConnector(cluster, target, { connector: PLATFORM, pusher: TEAM_A });
}
