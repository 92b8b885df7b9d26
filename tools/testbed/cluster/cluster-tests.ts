import path from 'node:path';
import { step } from '../../processes/progress';
import { type Registry } from '../registries';
import { type TestbedContext } from '../testbed-context';
import { CA_PUBLICATION } from './ca-rotation';
import { startInstalledCluster, type InstalledCluster } from './installed-cluster';
import { pushExampleImages } from './example-images';
import { pushClientImages } from './pod-images';
import { Pods } from './pods';
import { RegistrySide } from './registry-side';
import { PLATFORM, SOURCE, TEAM_A } from './tenants';
import { SAMPLE, shareConnector } from './shared-connector';

/** The objects that all checks in the cluster use. */
export interface ClusterTests {
  readonly cluster: InstalledCluster;
  readonly pods: Pods;
  /** The registry behind {@link PLATFORM}. */
  readonly registry: RegistrySide;
  /** A registry without a Connector, from which everyone may pull {@link SOURCE}. */
  readonly open: { readonly host: string; readonly ca: string };
  readonly sourceDigest: string;
}

/** Starts the cluster, with the images, the Connector and the teams. */
export async function startClusterTests(context: TestbedContext): Promise<ClusterTests> {
  const cluster = await startInstalledCluster({
    ...context,
    values: {
      controller: { settings: { OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION: CA_PUBLICATION } },
      // The shortest lifetime of a token that Kubernetes allows.
      csi: { tokenExpirationSeconds: 600 },
    },
  });
  const target = registryNamed(context, 'dist3-htpasswd');
  const open = registryNamed(context, 'public-read');
  const registry = await RegistrySide.of(target, context.registryCaFile, path.join(cluster.directory, 'registry-login'));
  const writable = { ...open, address: open.directAddress ?? open.address };
  const openSide = await RegistrySide.of(writable, context.registryCaFile, path.join(cluster.directory, 'open-login'));
  await openSide.push(context.content.imageLayout, SOURCE);
  await step('building images of clients, sharing Connectors', () =>
    Promise.all([makeImages(path.join(cluster.directory, 'images')), prepare(context, cluster, registry, target)]),
  );
  return {
    cluster,
    pods: new Pods(cluster),
    registry,
    open: { host: new URL(open.address).host, ca: context.authority.caPem },
    sourceDigest: context.content.imageDigest,
  };
}

/** @throws Error when the registry does not run */
export function registryNamed({ registries }: Pick<TestbedContext, 'registries'>, name: string): Registry {
  const found = registries.find((registry) => registry.name === name);
  if (!found) {
    throw new Error(`the registry ${name} does not run`);
  }
  return found;
}

async function makeImages(directory: string): Promise<void> {
  await pushClientImages(directory);
  await pushExampleImages(directory);
}

/** Pushes images to the registry, and creates Connectors for it: the one of the examples, and {@link PLATFORM}. */
async function prepare(context: TestbedContext, cluster: InstalledCluster, registry: RegistrySide, target: Registry): Promise<void> {
  await registry.push(context.content.imageLayout, SOURCE);
  // Some of the examples run a command in this image.
  await registry.push(cluster.shellImage, 'library/alpine:3.22');
  await shareConnector(cluster, target, SAMPLE);
  await shareConnector(cluster, target, { connector: PLATFORM, pusher: TEAM_A });
}
