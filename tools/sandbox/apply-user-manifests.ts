import { type KubeObject } from '@oci-connector/connector-api';
import { applyManifests, type Manifest } from '../installation/apply-manifests';
import { type NamespacedName } from '../installation/namespaced-name';
import { type Verdict, waitForConnectors } from '../installation/wait-for-connectors';
import { type Pod, volumesOf } from '../kubelet/published-volume';
import { formatTable, step } from '../processes/progress';
import { publishVolume, unpublishAtTheEnd } from './publish-volume';
import { type Sandbox } from './sandbox';
import { tableOfFiles } from './volume-files';

/** What became of the user's manifests. */
export interface AppliedManifests {
  /** Every Connector is Ready and every volume published. */
  readonly succeeded: boolean;
  /** Those that the proxy serves. */
  readonly connectors: readonly NamespacedName[];
  /** Directories of the volumes. */
  readonly volumes: readonly string[];
}

const DRIVER = 'connectors-csi';

/** The driver runs and has seen the Connectors, or will in a moment; what it refuses after that it goes on refusing. */
const PATIENCE_MS = 3_000;

/** Applies the user's manifests, says what became of each Connector in them, and publishes the volumes of the Pods. */
export async function applyUserManifests(sandbox: Sandbox, manifests: readonly Manifest[], closing: (() => Promise<unknown>)[]): Promise<AppliedManifests> {
  const applied = await applyManifests(sandbox.client, manifests);
  for (const { kind, metadata } of applied) {
    process.stdout.write(`  ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join('/')} applied\n`);
  }
  const connectors = applied.filter(({ kind }) => kind === 'Connector').map(nameOf);
  const verdicts = connectors.length === 0 ? [] : await reportConnectors(sandbox, connectors);
  const volumes: string[] = [];
  let arePublished = true;
  for (const pod of applied.filter(({ kind }) => kind === 'Pod') as Pod[]) {
    const ours = volumesOf(pod, DRIVER);
    if (ours.length === 0) process.stdout.write(`\nPod ${pod.metadata.name} has no volume whose csi.driver is ${DRIVER}: nothing to publish\n`);
    for (const volume of ours) {
      const directory = await publish(sandbox, { pod, volume }, closing);
      if (directory === undefined) arePublished = false;
      else volumes.push(directory);
    }
  }
  const areReady = verdicts.every(({ ready }) => ready === 'True');
  return { succeeded: areReady && arePublished, connectors: verdicts.filter(({ proxyUrl }) => proxyUrl !== ''), volumes };
}

function nameOf({ metadata }: KubeObject): NamespacedName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

async function reportConnectors({ client }: Sandbox, connectors: readonly NamespacedName[]): Promise<Verdict[]> {
  const verdicts = await step('waiting for the Connectors', () => waitForConnectors(client, connectors));
  const rows = verdicts.map(({ namespace, name, ready, reason, proxyUrl }) => [namespace, name, ready, reason, proxyUrl]);
  process.stdout.write(`\n${formatTable(['NAMESPACE', 'NAME', 'READY', 'REASON', 'PROXY'], rows)}\n`);
  for (const { namespace, name, ready, message } of verdicts) {
    if (ready !== 'True') process.stdout.write(`\n${namespace}/${name}: ${message}\n`);
  }
  return verdicts;
}

/** @returns the volume's directory; undefined, with the reason printed as an event of the Pod would have it, when the driver refuses */
async function publish(sandbox: Sandbox, of: { readonly pod: Pod; readonly volume: string }, closing: (() => Promise<unknown>)[]): Promise<string | undefined> {
  const { namespace, name } = nameOf(of.pod);
  process.stdout.write('\n');
  try {
    const volume = await step(`publishing volume ${of.volume} of Pod ${namespace}/${name}`, () => publishVolume(sandbox, of, { patienceMs: PATIENCE_MS }));
    unpublishAtTheEnd(volume, closing);
    process.stdout.write(`${await tableOfFiles(volume.directory)}\n`);
    return volume.directory;
  } catch (error) {
    const { message, cause } = error as Error;
    process.stdout.write(`Pod ${namespace}/${name} would not start: ${cause instanceof Error ? cause.message : message}\n`);
    process.stdout.write('Mend it in the file and start again: volumes are published once, here.\n');
    return undefined;
  }
}
