import { Connectors } from '@oci-connector/kube';
import { eventually } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { applyManifest } from '../installation/apply-manifests';
import { type Benchmark, type BenchmarkResult } from './benchmark';
import { sized } from './effort';
import { CONNECTOR, connectorManifest, type Rig } from './rig';

const COUNT = 1_000;
const AT_A_TIME = 20;
const DEADLINE_MS = 300_000;

/** Measures, with a thousand Connectors, how long it takes until a new one is Ready, and until the proxy serves it. */
export const scaleBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const upstream = rig.targets.find(({ name }) => name === 'direct')?.base ?? '';
    const count = sized(effort, COUNT, AT_A_TIME);
    const started = Date.now();
    for (let made = 0; made < count; made += AT_A_TIME) {
      await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => create(rig, `bench-${made + index}`, upstream)));
    }
    await eventually(async () => (await readyCount(rig)) >= count, 'all Connectors to become Ready', DEADLINE_MS);
    const all = (Date.now() - started) / 1000;

    const created = Date.now();
    await create(rig, 'newcomer', upstream);
    await eventually(() => isReady(rig, 'newcomer'), 'the new Connector to become Ready', DEADLINE_MS);
    const ready = Date.now();
    await eventually(() => isServed(rig, 'newcomer'), 'the proxy to serve the new Connector', DEADLINE_MS);
    const served = Date.now();
    return {
      header: ['event', 'seconds'],
      rows: [
        [`${count} Connectors created and Ready`, all.toFixed(1)],
        ['one more: Ready after', ((ready - created) / 1000).toFixed(2)],
        ['served by the proxy after that', ((served - ready) / 1000).toFixed(2)],
      ],
      floors: [
        { name: 'a new Connector is Ready', measured: (ready - created) / 1000, bound: 'at most', limit: 2, unit: 's' },
        { name: 'and served', measured: (served - ready) / 1000, bound: 'at most', limit: 1, unit: 's' },
      ],
    };
  },
};

async function create(rig: Rig, name: string, upstream: string): Promise<void> {
  await applyManifest(rig.client, stringify(connectorManifest(name, upstream)), 'the benchmark');
}

async function readyCount(rig: Rig): Promise<number> {
  const { items } = await rig.client.list(Connectors, { namespace: CONNECTOR.namespace });
  return items.filter(({ status }) => status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True')).length;
}

async function isReady(rig: Rig, name: string): Promise<boolean> {
  const { status } = await rig.client.get(Connectors, { namespace: CONNECTOR.namespace, name });
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

async function isServed(rig: Rig, name: string): Promise<boolean> {
  const url = `${rig.proxy.base}/v2/namespaces/${CONNECTOR.namespace}/connectors/${name}/bench/size-0/manifests/v1`;
  const response = await fetch(url, { headers: { authorization: rig.authorization } });
  await response.arrayBuffer();
  return response.status === 200;
}
