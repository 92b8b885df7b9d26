import { setTimeout as delay } from 'node:timers/promises';
import { type KubeObject } from '@oci-connector/connector-api';
import { type ResourceType } from '@oci-connector/kube';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type CommandResult } from '../../processes/run-command';
import { until } from '../../processes/until';
import { applyJson, type InstalledCluster } from './installed-cluster';
import { podImage } from './pod-images';

/** A pod of one container. */
export interface PodDescription extends NamespacedName {
  readonly serviceAccount: string;
  /** Name of the image; see pod-images.ts. */
  readonly image: string;
  /** Run by a shell that ends at the first error. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Volumes by where they are mounted, all to be read only except emptyDir. */
  readonly volumes?: Readonly<Record<string, object>>;
  readonly securityContext?: object;
  /** That of the pod, such as its fsGroup. */
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

/** Ends what hangs, it does not judge a machine that is busy; a pod takes two seconds. */
const DEADLINE_MS = 300_000;

const PAUSE_MS = 100;

/** What the kubelet has to say about a pod it says within seconds; calls that fail it repeats after pauses that grow. */
const EVENT_MS = 60_000;

/** Pods that are run for their result. */
export class Pods {
  constructor(private readonly cluster: InstalledCluster) {}

  async create(description: PodDescription): Promise<void> {
    await applyJson(this.cluster, [podObject(description)]);
  }

  /** Runs a pod to its end and resolves with what it printed. @throws Error with that when it failed or did not end */
  async run(description: PodDescription): Promise<string> {
    await this.create(description);
    return this.result(description);
  }

  /** What a pod printed that has been created, once it has ended well. */
  async result(key: NamespacedName, deadline = DEADLINE_MS): Promise<string> {
    const phase = await this.phase(key, ['Succeeded', 'Failed'], deadline);
    const log = await this.log(key);
    if (phase !== 'Succeeded') {
      throw new Error(`pod ${key.namespace}/${key.name}: ${phase}: ${log}`);
    }
    return log;
  }

  /** Waits until a pod is in one of these phases. @throws Error with the pod's events when it does not get there */
  async phase(key: NamespacedName, wanted: readonly string[], deadline = DEADLINE_MS): Promise<string> {
    const end = Date.now() + deadline;
    for (;;) {
      const { status } = await this.cluster.client.get(PodType, key);
      const phase = status?.phase ?? 'unknown';
      if (wanted.includes(phase)) {
        return phase;
      }
      if (Date.now() > end) {
        throw new Error(`pod ${key.namespace}/${key.name} still is ${phase}: ${(await this.events(key)).join('\n')}`);
      }
      await delay(PAUSE_MS);
    }
  }

  /** What the events of a pod say, each as `REASON: MESSAGE`. */
  async events({ namespace, name }: NamespacedName): Promise<string[]> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name}`;
    const { items } = await this.cluster.client.list(EventType, { namespace, fieldSelector });
    return items.map(({ reason, message }) => `${reason}: ${message}`);
  }

  /** Waits for an event of a pod; resolves with `REASON: MESSAGE`. */
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

  /** Runs a script in a pod that runs. */
  exec({ namespace, name }: NamespacedName, script: string): Promise<CommandResult> {
    return this.cluster.kubectl.try(['exec', `--namespace=${namespace}`, name, '--', 'sh', '-euc', script]);
  }

  /** Deletes a pod and resolves when it is gone, with its volumes unmounted. */
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
