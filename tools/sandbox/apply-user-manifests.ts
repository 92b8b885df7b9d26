import { ConditionType, type Connector, CSI_DRIVER_NAME, type KubeObject, Reason } from '@oci-connector/connector-api';
import { applyManifests, type Manifest } from '../installation/apply-manifests';
import { type NamespacedName } from '../installation/namespaced-name';
import { type Verdict, waitForConnectors } from '../installation/wait-for-connectors';
import { type Kubelet } from '../kubelet/kubelet';
import { type Pod, type PublishedVolume, volumesOf } from '../kubelet/published-volume';
import { formatTable, step } from '../processes/progress';
import { type Sandbox } from './sandbox';
import { filesOf, tableOfFiles } from './volume-files';

/** The result of applying the user's manifests. */
export interface AppliedManifests {
  /** The reasons why a Connector is not Ready or a volume is not published; empty on success. */
  readonly problems: readonly string[];
  /** All applied objects, as the API returned them. */
  readonly objects: readonly KubeObject[];
  /** The Connectors that the proxy serves. */
  readonly connectors: readonly Verdict[];
  readonly volumes: readonly PodVolume[];
}

/** A published volume. */
export interface PodVolume {
  readonly pod: Pod;
  readonly name: string;
  readonly directory: string;
  /** The names of its files. */
  readonly files: readonly string[];
}

/**
 * Time to wait for a volume, in milliseconds. The driver runs and reads the Connectors within this time. If it still refuses a volume
 * after that, it will not accept it later.
 */
const PATIENCE_MS = 3_000;

/** Applies the user's manifests, prints the state of each Connector in them, and waits for the volumes of the Pods. */
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
      volumes.push({ pod: attempt.pod, name: attempt.name, directory: outcome.directory, files: await filesOf(outcome.directory) });
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

/**
 * A Connector can be Ready although its password has not been checked.
 *
 * @returns a note for the user if that is so
 */
async function untestedCredential({ ready, protocol, connector }: Verdict): Promise<string | undefined> {
  const { spec } = connector;
  const secret = spec.auth?.secretRef?.name;
  if (ready !== 'True' || secret === undefined) {
    return undefined;
  }
  if (reasonOf(connector, ConditionType.AuthReady) === Reason.NonAuthProbe) {
    return `the credential in Secret ${secret} has not been checked: its class has no probe for this authentication type`;
  }
  if (protocol !== 'oci' || !(await allowsAnonymous(spec.address))) {
    return undefined;
  }
  return `the credential in Secret ${secret} has not been checked: the registry allows anonymous access to /v2/; push an image to check it`;
}

function reasonOf({ status }: Connector, condition: ConditionType): string | undefined {
  return status?.conditions?.find(({ type }) => type === condition)?.reason;
}

/** Limit of the request for the hint, which must not delay the user; in milliseconds. */
const HINT_MS = 3_000;

/**
 * Whether a registry requires no credential. It is false, too, if the request fails, for example because it lacks the
 * Connector's own CA.
 */
async function allowsAnonymous(address: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/v2/', address), { redirect: 'manual', signal: AbortSignal.timeout(HINT_MS) })).status === 200;
  } catch {
    // Without a response there is no hint.
    return false;
  }
}

/** A volume that the kubelet is publishing. */
interface Attempt {
  readonly pod: Pod;
  readonly name: string;
  readonly outcome: Promise<PublishedVolume | Error>;
}

/** Waits for all volumes of all Pods at the same time. All refused volumes together take {@link PATIENCE_MS}. */
function publish(kubelet: Kubelet, pods: readonly Pod[]): Attempt[] {
  return pods.flatMap((pod) => {
    const names = volumesOf(pod, CSI_DRIVER_NAME);
    if (names.length === 0) {
      process.stdout.write(`\nPod ${pod.metadata.name} has no volume whose csi.driver is ${CSI_DRIVER_NAME}: nothing to publish\n`);
    }
    return names.map((name) => ({ pod, name, outcome: kubelet.published(pod, name, PATIENCE_MS).catch((error: Error) => error) }));
  });
}

/** @returns the volume, or the reason why it is not published, as in the Event of the Pod */
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
    return notPublished(pod, name, error as Error);
  }
}

/** Returns what the user is told about a volume that the driver refuses. */
export function notPublished({ metadata }: Pod, volume: string, { message }: Error): string {
  return `Pod ${metadata.namespace}/${metadata.name} does not start, volume ${volume} is not published: ${message}`;
}
