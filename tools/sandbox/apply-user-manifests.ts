import { ConditionType, type Connector, type KubeObject, Reason } from '@oci-connector/connector-api';
import { applyManifests, type Manifest } from '../installation/apply-manifests';
import { type NamespacedName } from '../installation/namespaced-name';
import { type Verdict, waitForConnectors } from '../installation/wait-for-connectors';
import { type Kubelet } from '../kubelet/kubelet';
import { type Pod, type PublishedVolume, volumesOf } from '../kubelet/published-volume';
import { formatTable, step } from '../processes/progress';
import { type Sandbox } from './sandbox';
import { DRIVER } from './start-kubelet';
import { tableOfFiles } from './volume-files';

/** What became of the user's manifests. */
export interface AppliedManifests {
  /** Why a Connector is not Ready or a volume not published; none when everything is well. */
  readonly problems: readonly string[];
  /** Everything that was applied, as the API has it. */
  readonly objects: readonly KubeObject[];
  /** Those that the proxy serves. */
  readonly connectors: readonly Verdict[];
  readonly volumes: readonly PodVolume[];
}

/** A published volume. */
export interface PodVolume {
  readonly pod: Pod;
  readonly name: string;
  readonly directory: string;
}

/** The driver runs and has seen the Connectors, or will in a moment; what it refuses after that it goes on refusing. */
const PATIENCE_MS = 3_000;

/** Applies the user's manifests, says what became of each Connector in them, and waits for the volumes of the Pods. */
export async function applyUserManifests(sandbox: Sandbox, kubelet: Kubelet, manifests: readonly Manifest[]): Promise<AppliedManifests> {
  const objects = await applyManifests(sandbox.client, manifests);
  for (const { kind, metadata } of objects) {
    process.stdout.write(`  ${kind} ${[metadata.namespace, metadata.name].filter(Boolean).join('/')} applied\n`);
  }
  const keys = objects.filter(({ kind }) => kind === 'Connector').map(nameOf);
  const verdicts = keys.length === 0 ? [] : await reportConnectors(sandbox, keys);
  const notReady = verdicts.filter(({ ready }) => ready !== 'True');
  const problems = notReady.map(
    ({ namespace, name, ready, reason, message }) => `Connector ${namespace}/${name} is not Ready (${reason || ready}): ${message}`,
  );
  const volumes: PodVolume[] = [];
  for (const attempt of publish(
    kubelet,
    objects.filter(({ kind }) => kind === 'Pod'),
  )) {
    const outcome = await report(attempt);
    if (typeof outcome === 'string') {
      problems.push(outcome);
    } else {
      volumes.push({ pod: attempt.pod, name: attempt.name, directory: outcome.directory });
    }
  }
  return { problems, objects, connectors: verdicts.filter(({ proxyUrl }) => proxyUrl !== ''), volumes };
}

function nameOf({ metadata }: KubeObject): NamespacedName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

async function reportConnectors({ client }: Sandbox, connectors: readonly NamespacedName[]): Promise<Verdict[]> {
  const verdicts = await step('waiting for the Connectors', () => waitForConnectors(client, connectors));
  const rows = verdicts.map(({ namespace, name, ready, reason, proxyUrl }) => [namespace, name, ready, reason, proxyUrl]);
  process.stdout.write(`\n${formatTable(['NAMESPACE', 'NAME', 'READY', 'REASON', 'PROXY'], rows)}\n`);
  for (const verdict of verdicts) {
    const note = await untestedCredential(verdict);
    if (note !== undefined) {
      process.stdout.write(`\n${verdict.namespace}/${verdict.name}: ${note}\n`);
    }
  }
  return verdicts;
}

/** Ready does not say that a password is right where nobody asks for it. @returns what to tell then */
async function untestedCredential({ ready, protocol, connector }: Verdict): Promise<string | undefined> {
  const { spec } = connector;
  const secret = spec.auth?.secretRef?.name;
  if (ready !== 'True' || secret === undefined) {
    return undefined;
  }
  if (reasonOf(connector, ConditionType.AuthReady) === Reason.NonAuthProbe) {
    return `nothing tested the credential in Secret ${secret}: its class has no probe for this authentication type`;
  }
  if (protocol !== 'oci' || !(await letsEverybodyIn(spec.address))) {
    return undefined;
  }
  return `nothing tested the credential in Secret ${secret}: the registry lets everybody in at /v2/ and did not ask for it; a push will tell`;
}

function reasonOf({ status }: Connector, condition: ConditionType): string | undefined {
  return status?.conditions?.find(({ type }) => type === condition)?.reason;
}

/** A hint must not hold up the user; in milliseconds. */
const HINT_MS = 3_000;

/** Whether a registry asks for no credential, as far as that can be found out without the Connector's own CA. */
async function letsEverybodyIn(address: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/v2/', address), { redirect: 'manual', signal: AbortSignal.timeout(HINT_MS) })).status === 200;
  } catch {
    // Then there is no hint.
    return false;
  }
}

/** A volume that the kubelet is publishing. */
interface Attempt {
  readonly pod: Pod;
  readonly name: string;
  readonly outcome: Promise<PublishedVolume | Error>;
}

/** Waits for all volumes of all Pods at the same time: those that are refused take {@link PATIENCE_MS} together, not each. */
function publish(kubelet: Kubelet, pods: readonly Pod[]): Attempt[] {
  return pods.flatMap((pod) => {
    const names = volumesOf(pod, DRIVER);
    if (names.length === 0) {
      process.stdout.write(`\nPod ${pod.metadata.name} has no volume whose csi.driver is ${DRIVER}: nothing to publish\n`);
    }
    return names.map((name) => ({ pod, name, outcome: kubelet.published(pod, name, PATIENCE_MS).catch((error: Error) => error) }));
  });
}

/** @returns the volume; or why there is none, as an Event of the Pod has it */
async function report({ pod, name, outcome }: Attempt): Promise<PublishedVolume | string> {
  const of = `${pod.metadata.namespace}/${pod.metadata.name}`;
  process.stdout.write('\n');
  try {
    const volume = await step(`publishing volume ${name} of Pod ${of}`, async () => {
      const result = await outcome;
      if (result instanceof Error) {
        throw result;
      }
      return result;
    });
    process.stdout.write(`${await tableOfFiles(volume.directory)}\n`);
    return volume;
  } catch (error) {
    return `Pod ${of} does not start, volume ${name} is not published: ${(error as Error).message}`;
  }
}
