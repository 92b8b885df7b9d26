import { setTimeout as delay } from 'node:timers/promises';
import { type KubeObject } from '@oci-connector/connector-api';
import { type ResourceType } from '@oci-connector/kube';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type CommandResult } from '../../processes/run-command';
import { until } from '../../processes/until';
import { applyJson, type InstalledCluster } from './installed-cluster';
import { podImage } from './pod-images';

/** A pod with one container. */
export interface PodDescription extends NamespacedName {
  readonly serviceAccount: string;
  /** Name of the image; see pod-images.ts. */
  readonly image: string;
  /** Script of a shell that exits at the first error. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Volumes by mount path, all read-only except emptyDir. */
  readonly volumes?: Readonly<Record<string, object>>;
  readonly securityContext?: object;
  /** The security context of the pod, for example with its fsGroup. */
  readonly podSecurityContext?: object;
}

interface PodObject extends KubeObject {
  readonly status?: { readonly phase?: string };
}

interface EventObject extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
}

const PodType: ResourceType<PodObject> = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const EventType: ResourceType<EventObject> = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

/** Limit for a pod, in milliseconds. A pod takes two seconds; the limit only ends a pod that hangs, even on a busy machine. */
const DEADLINE_MS = 300_000;

const PAUSE_MS = 100;

/** Limit for an event, in milliseconds. The kubelet creates events within seconds, and repeats failed calls after increasing pauses. */
const EVENT_MS = 60_000;

/** Runs pods and returns their results. */
export class Pods {
  constructor(private readonly cluster: InstalledCluster) {}

  async create(description: PodDescription): Promise<void> {
    await applyJson(this.cluster, [podObject(description)]);
  }

  /**
   * Runs a pod to its end.
   *
   * @returns its log @throws Error with the log, when the pod failed or did not end
   */
  async run(description: PodDescription): Promise<string> {
    await this.create(description);
    return this.result(description);
  }

  /**
   * Waits until an existing pod has succeeded.
   *
   * @returns its log @throws Error with the log, when it failed or did not end
   */
  async result(key: NamespacedName, deadline = DEADLINE_MS): Promise<string> {
    const phase = await this.phase(key, ['Succeeded', 'Failed'], deadline);
    const log = await this.log(key);
    if (phase !== 'Succeeded') {
      throw new Error(`pod ${key.namespace}/${key.name}: ${phase}: ${log}`);
    }
    return log;
  }

  /**
   * Waits until a pod is in one of these phases.
   *
   * @returns the phase @throws Error with the pod's events, when it does not reach one
   */
  async phase(key: NamespacedName, wanted: readonly string[], deadline = DEADLINE_MS): Promise<string> {
    const end = Date.now() + deadline;
    for (;;) {
      const { status } = await this.cluster.client.get(PodType, key);
      const phase = status?.phase ?? 'unknown';
      if (wanted.includes(phase)) {
        return phase;
      }
      if (Date.now() > end) {
        throw new Error(`pod ${key.namespace}/${key.name} is still ${phase}: ${(await this.events(key)).join('\n')}`);
      }
      await delay(PAUSE_MS);
    }
  }

  /** Returns the events of a pod, each as `REASON: MESSAGE`. */
  async events({ namespace, name }: NamespacedName): Promise<string[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    const { items } = await this.cluster.client.list(EventType, { namespace, fieldSelector });
    return items.map(({ reason, message }) => `${reason}: ${message}`);
  }

  /**
   * Waits for an event of a pod.
   *
   * @returns `REASON: MESSAGE` @throws Error with the other events, when it does not occur in time
   */
  event(key: NamespacedName, reason: string): Promise<string> {
    return until(EVENT_MS, async () => {
      const events = await this.events(key);
      const event = events.find((text) => text.startsWith(`${reason}: `));
      if (event === undefined) {
        throw new Error(`no event ${reason} of pod ${key.namespace}/${key.name}, only: ${events.join('\n')}`);
      }
      return event;
    });
  }

  log({ namespace, name }: NamespacedName): Promise<string> {
    return this.cluster.kubectl.run(['logs', `--namespace=${namespace}`, name]);
  }

  /** Runs a script in a running pod. */
  exec({ namespace, name }: NamespacedName, script: string): Promise<CommandResult> {
    return this.cluster.kubectl.try(['exec', `--namespace=${namespace}`, name, '--', 'sh', '-euc', script]);
  }

  /** Deletes a pod and resolves when it no longer exists and its volumes are unmounted. */
  async delete({ namespace, name }: NamespacedName): Promise<void> {
    await this.cluster.kubectl.run(['delete', 'pod', `--namespace=${namespace}`, name, '--grace-period=1', '--timeout=60s']);
  }
}

function podObject(description: PodDescription): object {
  const { namespace, name, serviceAccount, image, script, env = {}, volumes = {} } = description;
  const mounts = Object.entries(volumes).map(([mountPath, volume], index) => ({ mountPath, volume, name: `volume-${index}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      securityContext: description.podSecurityContext,
      containers: [
        {
          name: 'main',
          image: podImage(image),
          command: ['/bin/sh', '-euc', script],
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          volumeMounts: mounts.map(({ mountPath, volume, name: volumeName }) => ({
            mountPath,
            name: volumeName,
            readOnly: !('emptyDir' in volume),
          })),
          securityContext: description.securityContext,
        },
      ],
      volumes: mounts.map(({ name: volumeName, volume }) => ({ name: volumeName, ...volume })),
    },
  };
}
