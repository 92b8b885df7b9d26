import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_NAMESPACE, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { ConfigMaps } from '@oci-connector/kube';
import { eventually, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { applyManifest } from '../installation/apply-manifests';
import { freePort } from '../processes/free-port';
import { median, type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { sized, type Effort } from './effort';
import { cpuSeconds, presentMemory } from './process-cost';
import { CONNECTOR, connectorManifest, type LoadOptions, type LoadResult, type Rig, UPSTREAM_AUTHORIZATION } from './rig';

const MIB = 1 << 20;
const GIB = 1 << 30;
/** Tunnels for a latency. */
const TUNNELS = 300;
/** Connectors with a host each, for tunnels to hosts that have no certificate yet. A login may name 32. */
const HOSTS = 30;
const IDLE_TUNNELS = 500;
/** Hosts of Connectors must not have the address of the API server. */
const SECURE = '127.0.0.2';
const OTHER = '127.0.0.3';
const EACH_HOST = '127.0.1.';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The upstreams with TLS, and the two forward proxies. */
interface Surroundings {
  /** HOST:PORT of the Connector's registry, of a host of no Connector, and the port of the hosts with a Connector each. */
  readonly secure: string;
  readonly other: string;
  readonly eachPort: number;
  /** File with the authorities of the upstreams and of the proxy. */
  readonly ca: string;
  readonly proxies: readonly ForwardTarget[];
  /** Login for the Connectors with a host each. */
  readonly loginOfAll: string;
  /** The same hosts through the reverse proxy. */
  readonly reverse: string;
}

interface ForwardTarget {
  readonly name: 'go' | 'proxy';
  readonly pid: number;
  /** URL with the login. */
  readonly url: string;
}

/** Streams at a time, each in its own tunnel, besides the measures with one. */
const STREAMS = 200;

interface Measure {
  readonly name: string;
  /** Returns the load, except for the proxy to use. */
  load(surroundings: Surroundings, size: number): Pick<LoadOptions, 'mode' | 'url'>;
  /** At most this multiple of Go's cost. */
  readonly limit: number;
  readonly streams: number;
}

const manifestAt = (authority: string): string => `https://${authority}/v2/bench/app/manifests/v1`;
const blobAt = (authority: string, size: number): string => `https://${authority}/v2/bench/size-${size}/blobs/${DIGEST}`;

const WORK: readonly Pick<Measure, 'name' | 'load' | 'limit'>[] = [
  { name: 'intercepted pull', load: ({ secure }, size) => ({ mode: 'pull', url: blobAt(secure, size) }), limit: 3.0 },
  {
    name: 'intercepted push',
    load: ({ secure }) => ({ mode: 'push', url: `https://${secure}/v2/bench/app/blobs/uploads/session?digest=${DIGEST}` }),
    limit: 3.0,
  },
  { name: 'blind tunnel', load: ({ other }, size) => ({ mode: 'pull', url: blobAt(other, size) }), limit: 1.5 },
];

/** One gigabyte each. */
const MEASURES: readonly Measure[] = [1, STREAMS].flatMap((streams) =>
  WORK.map((work) => ({ ...work, name: streams === 1 ? work.name : `${work.name}, ${streams} streams`, streams })),
);

/** Measures the forward proxy: its processor time, relative to a Go program that does the same, new tunnels, and idle tunnels. */
export const forwardBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const surroundings = await start(rig);
    const bench = { rig, effort, surroundings };
    const rows: string[][] = [];
    const floors: Floor[] = [];
    for (const measure of MEASURES) {
      const { go, proxy, ratio } = await cost(bench, measure);
      rows.push([measure.name, 'CPU s/GB', go.toFixed(2), proxy.toFixed(2), ratio.toFixed(2)]);
      floors.push({ name: `${measure.name}, against Go`, measured: ratio, bound: 'at most', limit: measure.limit, unit: '×' });
    }
    const { direct, warm, cold } = await firstRequests(bench);
    rows.push(['first request, no tunnel', 'ms p50', '', direct.toFixed(2), '']);
    rows.push(['through a new tunnel', 'ms p50', '', warm.toFixed(2), '']);
    rows.push(['to a host without a certificate yet', 'ms p50', '', cold.toFixed(2), '']);
    floors.push({ name: 'a new tunnel adds', measured: warm - direct, bound: 'at most', limit: 3, unit: 'ms' });
    floors.push({ name: 'a new tunnel to a new host adds', measured: cold - direct, bound: 'at most', limit: 15, unit: 'ms' });
    const idleMb = await idleTunnels(bench);
    rows.push([`${IDLE_TUNNELS} idle tunnels`, 'RSS MB', '', idleMb.toFixed(0), '']);
    floors.push({ name: `${IDLE_TUNNELS} idle tunnels: RSS`, measured: idleMb, bound: 'at most', limit: 250, unit: 'MB' });
    return { header: ['work', 'unit', 'Go', 'proxy', 'proxy/Go'], rows, floors };
  },
};

interface Bench {
  readonly rig: Rig;
  readonly effort: Effort;
  readonly surroundings: Surroundings;
}

async function cost({ rig, effort, surroundings }: Bench, measure: Measure): Promise<{ go: number; proxy: number; ratio: number }> {
  const streams = sized(effort, measure.streams, 1);
  const size = Math.ceil(sized(effort, GIB, MIB) / streams);
  const crowd = { count: streams, concurrency: streams };
  const figures = { go: [] as number[], proxy: [] as number[] };
  // The first round does not count: compilers warm up.
  for (let round = 0; round <= effort.rounds; round++) {
    for (const { name, pid, url } of surroundings.proxies) {
      const before = await cpuSeconds(pid);
      await succeed(rig, { ...measure.load(surroundings, size), ...crowd, size, proxy: url, ca: surroundings.ca, authorization: [] });
      if (round > 0) {
        figures[name].push(((await cpuSeconds(pid)) - before) / ((size * streams) / 1e9));
      }
    }
  }
  const ratio = median(figures.proxy.map((value, round) => value / (figures.go[round] ?? NaN)));
  return { go: median(figures.go), proxy: median(figures.proxy), ratio };
}

/** Returns the latencies of requests that each open a connection: to the upstream itself, and through tunnels. */
async function firstRequests({ rig, effort, surroundings }: Bench): Promise<{ direct: number; warm: number; cold: number }> {
  const { secure, eachPort, ca, proxies, loginOfAll, reverse } = surroundings;
  const common = { mode: 'manifest', ca, fresh: true, concurrency: 1 } as const;
  const count = sized(effort, TUNNELS, 10);
  const direct = await succeed(rig, { ...common, url: manifestAt(secure), count, authorization: [UPSTREAM_AUTHORIZATION] });
  const [proxy] = proxies.filter(({ name }) => name === 'proxy').map(({ url }) => url);
  const warm = await succeed(rig, { ...common, url: manifestAt(secure), count, proxy, authorization: [] });
  // The registries are known, and so are the permissions: only the certificates are new.
  await succeed(rig, { ...common, url: reverse, count: HOSTS, fresh: false, authorization: undefined });
  const cold = await succeed(rig, {
    ...common,
    url: manifestAt(`${EACH_HOST}{n}:${eachPort}`),
    count: HOSTS,
    proxy: loginOfAll,
    authorization: [],
  });
  return { direct: direct.p50Ms, warm: warm.p50Ms, cold: cold.p50Ms };
}

/** Returns the memory of the proxy while tunnels are open in which nothing happens, in MB. */
async function idleTunnels({ rig, effort, surroundings }: Bench): Promise<number> {
  const { secure, ca, proxies } = surroundings;
  const proxy = proxies.find(({ name }) => name === 'proxy');
  if (!proxy) {
    throw new Error('there is no proxy to measure');
  }
  const count = sized(effort, IDLE_TUNNELS, 10);
  const load = await rig.startLoad({
    mode: 'manifest',
    url: manifestAt(secure),
    count: count * 2,
    concurrency: count,
    proxy: proxy.url,
    ca,
    authorization: [],
    holdSeconds: 300,
  });
  // It prints its result when the last request has ended; then it holds its connections.
  const result = await eventually(async () => resultIn(await readFile(load.logFile, 'utf8')), 'the requests in all tunnels', 120_000);
  await sleep(sized(effort, 5_000, 100));
  const mb = ((await presentMemory(proxy.pid)) * MIB) / 1e6;
  await load.stop();
  if (result.failed > 0) {
    throw new Error(`idle tunnels: ${result.failed} failed, the first with: ${result.error ?? ''}`);
  }
  return mb;
}

/** The last line of the log, if it is a result. */
function resultIn(log: string): LoadResult | undefined {
  const line = log.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as LoadResult) : undefined;
}

async function succeed(rig: Rig, options: LoadOptions): ReturnType<Rig['load']> {
  const result = await rig.load(options);
  if (result.failed > 0) {
    throw new Error(`${options.url}: ${result.failed} failed, the first with: ${result.error ?? ''}`);
  }
  return result;
}

async function start(rig: Rig): Promise<Surroundings> {
  const { directory } = rig;
  const [securePort, otherPort, eachPort, goPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const authority = await TestCertificateAuthority.create({ name: 'bench' });
  const ips = [SECURE, OTHER, ...Array.from({ length: HOSTS }, (_, index) => `${EACH_HOST}${index}`)];
  const { cert, key } = await authority.issue({ ips });
  const files = {
    cert: path.join(directory, 'forward.crt'),
    key: path.join(directory, 'forward.key'),
    ca: path.join(directory, 'forward-ca.crt'),
  };
  const { data } = await rig.client.get(ConfigMaps, { namespace: DEFAULT_NAMESPACE, name: PROXY_CA_NAME });
  await writeFile(files.cert, cert);
  await writeFile(files.key, key, { mode: 0o600 });
  await writeFile(files.ca, `${authority.caPem}\n${data?.['ca.crt'] ?? ''}`);
  const tls = { cert: files.cert, key: files.key, authorization: UPSTREAM_AUTHORIZATION };
  await rig.startPeer('upstream', { ...tls, listen: `${SECURE}:${securePort}` });
  await rig.startPeer('upstream', { ...tls, authorization: '', listen: `${OTHER}:${otherPort}` });
  await rig.startPeer('upstream', { ...tls, listen: `0.0.0.0:${eachPort}` });
  const secure = `${SECURE}:${securePort}`;
  const go = await rig.startPeer(
    'forward',
    { ...tls, ca: files.ca, listen: `127.0.0.1:${goPort}`, intercept: secure },
    { besideProxy: true },
  );
  const proxy = await rig.startProxy({
    settings: {
      OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: `127.0.0.1/32,${SECURE}/32,${EACH_HOST}0/24`,
      OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS: `${OTHER}/32`,
      OCI_CONNECTOR_PROXY_OTHER_HOSTS_PORTS: String(otherPort),
      // As many as the idle tunnels, and a tunnel's next request may arrive before the last one is counted as ended.
      OCI_CONNECTOR_PROXY_MAX_TRANSFERS_PER_CLIENT: '0',
    },
  });
  await applyConnectors(rig, { authority, secure, eachPort });
  const loginOf = (...names: string[]): string => {
    const url = new URL(proxy.base);
    return `http://${names.map((name) => `${CONNECTOR.namespace}%2F${name}`).join(',')}:${rig.token}@${url.host}`;
  };
  const surroundings: Surroundings = {
    secure,
    other: `${OTHER}:${otherPort}`,
    eachPort,
    ca: files.ca,
    proxies: [
      { name: 'go', pid: go.pid, url: `http://127.0.0.1:${goPort}` },
      { name: 'proxy', pid: proxy.pid, url: loginOf('secure') },
    ],
    reverse: `${proxy.base}/v2/namespaces/${CONNECTOR.namespace}/connectors/host-{n}/bench/app/manifests/v1`,
    loginOfAll: loginOf(...Array.from({ length: HOSTS }, (_, index) => `host-${index}`)),
  };
  await untilServed(rig, surroundings);
  return surroundings;
}

interface ConnectorsOptions {
  readonly authority: TestCertificateAuthority;
  readonly secure: string;
  readonly eachPort: number;
}

async function applyConnectors(rig: Rig, { authority, secure, eachPort }: ConnectorsOptions): Promise<void> {
  const apply = (object: object): Promise<unknown> => applyManifest(rig.client, stringify(object), 'the benchmark');
  const { namespace } = CONNECTOR;
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name: 'upstream-ca' },
    stringData: { 'ca.crt': authority.caPem },
  });
  const addresses = new Map([['secure', `https://${secure}`]]);
  for (let index = 0; index < HOSTS; index++) {
    addresses.set(`host-${index}`, `https://${EACH_HOST}${index}:${eachPort}`);
  }
  for (const [name, address] of addresses) {
    const connector = connectorManifest(name, address) as { spec: object };
    await apply({ ...connector, spec: { ...connector.spec, caCertSecretRef: { name: 'upstream-ca' } } });
  }
}

/** Waits until the peers and the proxy serve the hosts. */
async function untilServed(rig: Rig, { secure, eachPort, ca, proxies, loginOfAll }: Surroundings): Promise<void> {
  const isServed = async (proxy: string, authority: string): Promise<boolean> => {
    return (await rig.load({ mode: 'manifest', url: manifestAt(authority), proxy, ca, fresh: true, authorization: [] })).failed === 0;
  };
  for (const { name, url } of proxies) {
    await eventually(() => isServed(url, secure), `the forward proxy ${name} to serve ${secure}`, 30_000);
  }
  // The last host only: its certificate is not new for the measure, one of thirty.
  await eventually(() => isServed(loginOfAll, `${EACH_HOST}${HOSTS - 1}:${eachPort}`), 'the Connectors with a host each', 30_000);
}
