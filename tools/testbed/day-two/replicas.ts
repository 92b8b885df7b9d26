import { readdir, readFile } from 'node:fs/promises';
import { until } from '../../processes/until';
import { expectEqual } from '../checks';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { metricOf } from '../cluster/metric';

/** A running pod of a program of the product. */
export interface ProgramPod {
  readonly name: string;
  readonly address: string;
  /** Without the name of the runtime. */
  readonly container: string;
  readonly ready: boolean;
  /** Whether it is about to end. */
  readonly ending: boolean;
  readonly priority: number;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly priority?: number };
    readonly status: {
      readonly podIP?: string;
      readonly containerStatuses?: readonly { readonly containerID?: string; readonly ready: boolean }[];
    };
  }[];
}

export type ProgramName = 'controller' | 'proxy' | 'csi';

/** Limit for what Kubernetes does some time later, in milliseconds. */
export const FOLLOWS_MS = 120_000;

/** Returns the pods of a program, also those that do not run yet. */
export async function podsOf({ kubectl }: InstalledCluster, program: ProgramName, namespace = SYSTEM): Promise<ProgramPod[]> {
  const selector = `--selector=app.kubernetes.io/name=connectors-${program}`;
  const { items } = await kubectl.get<PodList>(['pods', `--namespace=${namespace}`, selector]);
  return items.map(({ metadata, spec, status }) => {
    const [container] = status.containerStatuses ?? [];
    return {
      name: metadata.name,
      address: status.podIP ?? '',
      container: container?.containerID?.split('//')[1] ?? '',
      ready: container?.ready ?? false,
      ending: metadata.deletionTimestamp !== undefined,
      priority: spec.priority ?? 0,
    };
  });
}

/** Waits until two replicas of the proxy are ready, and no others exist. */
export async function readyReplicas(cluster: InstalledCluster): Promise<[ProgramPod, ProgramPod]> {
  return until(FOLLOWS_MS, async () => {
    const [a, b, ...more] = await podsOf(cluster, 'proxy');
    if (a === undefined || b === undefined) {
      throw new Error('there are not two replicas of the proxy');
    }
    expectEqual([more.length, a.ready && !a.ending, b.ready && !b.ending], [0, true, true], 'two replicas, both ready');
    return [a, b];
  });
}

/** Returns the number of requests in progress at a replica. */
export function inFlight({ address }: ProgramPod): Promise<number> {
  return metricOf(address, 'connectors_proxy_transfers_in_flight');
}

/**
 * Returns the id of the only process of a container, as this machine sees it.
 *
 * @throws Error when it does not run
 */
export async function processOf(container: string): Promise<number> {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if ((await readFile(`/proc/${id}/cgroup`, 'utf8').catch(() => '')).includes(container)) {
      return Number(id);
    }
  }
  throw new Error(`no process of the container ${container}`);
}
