import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { roleBinding } from '../installation/role-binding';
import { freePort } from '../processes/free-port';
import { manifestUrl } from './addresses';
import { sized, type Effort } from './effort';
import { NAMED_HOST, SILENT_NAME_SERVER, withOwnNames } from './own-names';
import { CONNECTOR, connectorManifest, type LoadOptions, type ProxyOptions, type Rig, type Target } from './rig';

/** State that all measurements share. */
export interface Bench {
  readonly rig: Rig;
  readonly effort: Effort;
  /** Values of Authorization of the measured client. */
  readonly victims: readonly string[];
  /** Value of Authorization of the neighbour, a tenant who may use his own Connectors. */
  readonly neighbour: string;
}

/** A measurement with its own proxy process. */
export interface Place extends Bench {
  readonly proxy: Target;
}

/** A kind of bad neighbour. */
export interface Neighbour {
  readonly name: string;
  /** Whether the neighbour must not lengthen the tail either. For the others, the tail is only shown: they share the processors. */
  readonly limitsTail?: boolean;
  readonly proxy?: ProxyOptions;
  /** Returns the requests of the measured client. */
  victim(place: Place): Pick<LoadOptions, 'url' | 'authorization' | 'fresh'>;
  /** Starts the neighbour. Resolves when it is active, with a function that ends it. */
  start(place: Place): Promise<() => Promise<void>>;
}

const NAMESPACE = 'neighbour';
export const NEIGHBOUR_ACCOUNT = { namespace: NAMESPACE, name: NAMESPACE } as const;
/** Connector of the measured client whose registry has a name that must be resolved. */
const NAMED = 'named';

const manifests = (place: Place): ReturnType<Neighbour['victim']> => ({ url: manifestUrl(place.proxy), authorization: place.victims });

function ownUrl({ proxy }: Place, connector: string, rest: string): string {
  return `${proxy.base}/v2/namespaces/${NAMESPACE}/connectors/${connector}/${rest}`;
}

/** Starts permitted requests of the neighbour, to his own Connector. */
async function ask(place: Place, options: Omit<LoadOptions, 'mode' | 'authorization'>): Promise<() => Promise<void>> {
  // More than any measurement needs; the load is stopped earlier.
  const load = await place.rig.startLoad({ count: 1_000_000, ...options, mode: 'manifest', authorization: [place.neighbour] });
  return () => load.stop();
}

/** The neighbour's Connector of a registry with https; nothing listens there. */
const SECURE = { name: 'secure', authority: 'registry.secure.example:443' } as const;
/** Of one client. The default limits are 1,000 tunnels of an account and 4,000 connections of an address. */
const HALF_OPEN = { connections: 10_000, periodSeconds: 10 } as const;

/** Limits for connections of pods without any right: five pods fill the proxy. */
const PLACES = { all: 4_000, perPeer: 800, peers: 6 } as const;
const STRANGERS = 1_150;
const HELD_LISTS = 60;
const TOKENS = 10_000;
const QUERY_BYTES = 62_000;

/** Returns the neighbours, in the order in which they are measured. */
export function neighboursOf(directory: string): readonly Neighbour[] {
  return [
    {
      name: 'a flood of forged tokens',
      limitsTail: true,
      victim: manifests,
      async start(place) {
        const [, token = ''] = place.neighbour.split(' ');
        const connections = sized(place.effort, STRANGERS, 20);
        const flood = await place.rig.startPeer('neighbour', { kind: 'forged', url: manifestUrl(place.proxy), token, connections });
        return () => flood.stop();
      },
    },
    {
      name: 'idle connections',
      proxy: {
        settings: {
          OCI_CONNECTOR_PROXY_MAX_CONNECTIONS: String(PLACES.all),
          OCI_CONNECTOR_PROXY_MAX_CONNECTIONS_PER_PEER: String(PLACES.perPeer),
        },
      },
      victim: (place) => ({ ...manifests(place), fresh: true }),
      async start(place) {
        const flags = {
          kind: 'idle',
          url: place.proxy.base,
          addresses: PLACES.peers,
          connections: sized(place.effort, PLACES.perPeer, 10),
          period: '1s',
        };
        const crowd = await place.rig.startPeer('neighbour', flags);
        return () => crowd.stop();
      },
    },
    {
      name: 'half-open tunnels',
      victim: (place) => ({ ...manifests(place), fresh: true }),
      async start(place) {
        const [, token = ''] = place.neighbour.split(' ');
        const flags = {
          kind: 'tunnels',
          url: place.proxy.base,
          to: SECURE.authority,
          login: `Basic ${Buffer.from(`${NAMESPACE}/${SECURE.name}:${token}`).toString('base64')}`,
          connections: sized(place.effort, HALF_OPEN.connections, 10),
          period: `${HALF_OPEN.periodSeconds}s`,
        };
        const crowd = await place.rig.startPeer('neighbour', flags);
        // Within the period, each connection is opened for the first time.
        await delay(sized(place.effort, HALF_OPEN.periodSeconds * 1_000, 100));
        return () => crowd.stop();
      },
    },
    {
      name: 'a silent name server',
      proxy: { prefix: withOwnNames(directory) },
      // The registry closes each connection, so that each request resolves the name.
      victim: ({ proxy, victims }) => ({
        url: `${proxy.base}/v2/namespaces/${CONNECTOR.namespace}/connectors/${NAMED}/bench/closing/manifests/v1`,
        authorization: victims,
      }),
      start: (place) => ask(place, { url: ownUrl(place, 'silent-{m}', 'a/manifests/v1'), concurrency: 20 }),
    },
    {
      name: 'held lists of 8 MiB',
      victim: manifests,
      start: (place) =>
        ask(place, { url: ownUrl(place, 'hostile', 'held/{n}/tags/list'), concurrency: sized(place.effort, HELD_LISTS, 2) }),
    },
    {
      name: 'tokens of 32 KB',
      victim: manifests,
      async start(place) {
        const pulls = { url: ownUrl(place, 'hostile', 'pull-{n}/manifests/v1'), concurrency: 16 };
        await place.rig.load({ ...pulls, mode: 'manifest', authorization: [place.neighbour], count: sized(place.effort, TOKENS, 50) });
        return ask(place, { ...pulls, rate: 50 });
      },
    },
    {
      name: 'Links of 60 KB',
      victim: manifests,
      start: (place) => ask(place, { url: ownUrl(place, 'hostile', 'links/tags/list'), concurrency: 5, rate: 5 }),
    },
    {
      name: 'queries of 62 KB',
      victim: manifests,
      start: (place) =>
        ask(place, { url: `${ownUrl(place, 'hostile', 'a/manifests/v1')}?${'%&'.repeat(QUERY_BYTES / 2)}`, concurrency: 5, rate: 5 }),
    },
  ];
}

/** The name server and the registry of the neighbours. */
export interface Surroundings {
  /** URL of the registry. */
  readonly hostile: string;
  close(): Promise<void>;
}

export async function startSurroundings(rig: Rig): Promise<Surroundings> {
  const nameServer = createSocket('udp4').bind(SILENT_NAME_SERVER.port, SILENT_NAME_SERVER.address);
  await once(nameServer, 'listening');
  const port = await freePort();
  const hostile = await rig.startPeer('hostile', { listen: `127.0.0.1:${port}` });
  return {
    hostile: `http://127.0.0.1:${port}`,
    close: async () => {
      nameServer.close();
      await hostile.stop();
    },
  };
}

/** Returns the neighbour's namespace and Connectors, and the Connector of the measured client with a name to resolve. */
export function neighbourManifests(rig: Rig, hostile: string): object[] {
  const upstream = new URL(rig.targets.find(({ name }) => name === 'direct')?.base ?? '');
  const account = { username: 'neighbour', password: 'neighbour-password' };
  const connector = (name: string, address: string): object => ({
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata: { namespace: NAMESPACE, name },
    spec: { connectorClassName: 'oci', address, auth: { name: 'tokenAuth', secretRef: { name: NAMESPACE } } },
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: NEIGHBOUR_ACCOUNT },
    { apiVersion: 'v1', kind: 'Secret', metadata: NEIGHBOUR_ACCOUNT, type: 'cpaas.io/distribution-registry-token', stringData: account },
    connector('hostile', hostile),
    connector(SECURE.name, `https://${SECURE.authority}`),
    // One for each value of the load generator's {m}.
    ...Array.from({ length: 10 }, (_, index) => connector(`silent-${index}`, `http://registry-${index}.silent.example`)),
    roleBinding({ namespace: NAMESPACE, name: 'pulls' }, 'connectors-puller', NEIGHBOUR_ACCOUNT),
    connectorManifest(NAMED, `http://${NAMED_HOST}:${upstream.port}`),
  ];
}
