import { type Clock } from '@oci-connector/clock';
import { type InstallationNames, refusedHosts } from '@oci-connector/connector-api';
import { distinctUntilChanged, filter, map, merge, type Observable } from 'rxjs';
import { KubeApiError } from './kube.errors';
import { type KubeClient, type ListOptions } from './kube-client';
import { type EndpointSlice } from './kube-objects';
import { Reflector } from './reflector';
import { EndpointSlices } from './resource-type';

export interface InstallationEndpointsOptions {
  readonly client: Pick<KubeClient, 'list' | 'watch' | 'connection'>;
  readonly clock: Clock;
  readonly installation: InstallationNames;
}

/** The addresses behind a Service could not be read. */
export interface ServiceFailure {
  /** For the log. */
  readonly message: string;
  /** NAME.NAMESPACE */
  readonly service: string;
  readonly error: unknown;
}

/** An address that no Connector may connect to. */
export interface InstallationEndpoint {
  readonly address: string;
  /** Absent: every port. */
  readonly port?: number;
}

/** The part of an `EgressPolicy` that depends on the installation. */
export interface RefusedDestinations {
  readonly refusedHosts: readonly string[];
  readonly refusedEndpoints: () => readonly InstallationEndpoint[];
}

/**
 * Keeps the addresses of the Services of the API server and of the proxy up to date. When they cannot be read, it returns the last known
 * ones, or none.
 */
export class InstallationEndpoints {
  /** The first failure of each series; reading continues. Completes when this object stops. */
  readonly failures: Observable<ServiceFailure>;
  readonly #apiServer: Reflector<EndpointSlice>;
  readonly #proxies: Reflector<EndpointSlice>;

  constructor(private readonly options: InstallationEndpointsOptions) {
    const { namespace, proxyService } = options.installation;
    const { client, clock } = options;
    const [ofApiServer, ofProxies] = selectionsOf(options.installation);
    this.#apiServer = new Reflector({ client, clock, type: EndpointSlices, ...ofApiServer });
    this.#proxies = new Reflector({ client, clock, type: EndpointSlices, ...ofProxies });
    this.failures = merge(
      firstOfSeries('kubernetes.default', this.#apiServer),
      firstOfSeries(`${proxyService}.${namespace}`, this.#proxies),
    );
  }

  /** The destinations that no Connector may connect to (rule C9). */
  get refused(): RefusedDestinations {
    const { client, installation } = this.options;
    return { refusedHosts: refusedHosts(installation, client.connection.server), refusedEndpoints: () => this.all };
  }

  start(): void {
    this.#apiServer.start();
    this.#proxies.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#apiServer.stop(), this.#proxies.stop()]);
  }

  /** All addresses, see {@link endpointsOf}. */
  get all(): readonly InstallationEndpoint[] {
    return endpointsOf({ apiServer: this.#apiServer.list(), proxies: this.#proxies.list() });
  }
}

/**
 * Returns all IPv4 and IPv6 addresses, ready or not. Those of the API server have ports, because another port of the node may belong to a
 * registry. Those of the proxies apply to all ports, because their pods run nothing else.
 */
function endpointsOf({ apiServer, proxies }: Record<'apiServer' | 'proxies', readonly EndpointSlice[]>): InstallationEndpoint[] {
  const ofApiServer = apiServer.flatMap((slice) => {
    const ports = (slice.ports ?? []).map(({ port }) => port ?? undefined);
    return addressesOf(slice).flatMap((address) => (ports.length === 0 ? [{ address }] : ports.map((port) => ({ address, port }))));
  });
  return [...ofApiServer, ...proxies.flatMap(addressesOf).map((address) => ({ address }))];
}

/**
 * Reads the addresses once, for a program that ends soon. Where the permission is missing, there are none: the names are refused anyway.
 */
export async function readInstallationEndpoints(
  client: Pick<KubeClient, 'list'>,
  installation: InstallationNames,
): Promise<InstallationEndpoint[]> {
  const [apiServer = [], proxies = []] = await Promise.all(
    selectionsOf(installation).map(({ namespace, name, labelSelector }) =>
      listOrNothing(client, { namespace, labelSelector, fieldSelector: name && `metadata.name=${name}` }),
    ),
  );
  return endpointsOf({ apiServer, proxies });
}

async function listOrNothing(client: Pick<KubeClient, 'list'>, options: ListOptions): Promise<readonly EndpointSlice[]> {
  try {
    return (await client.list(EndpointSlices, options)).items;
  } catch (error) {
    if (error instanceof KubeApiError && error.isForbidden) {
      return [];
    }
    throw error;
  }
}

interface Selection {
  readonly namespace: string;
  readonly name?: string;
  readonly labelSelector?: string;
}

/** Returns what selects the slices of the API server, and those of the proxy. */
function selectionsOf({ namespace, proxyService }: InstallationNames): readonly [Selection, Selection] {
  // The API server writes its own addresses to one slice with this name.
  return [
    { namespace: 'default', name: 'kubernetes' },
    { namespace, labelSelector: `kubernetes.io/service-name=${proxyService}` },
  ];
}

function addressesOf({ endpoints }: EndpointSlice): string[] {
  return (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []);
}

const UNREAD = 'cannot read the addresses of a Service; Connectors are kept only from the addresses that are known';

/** Returns the first failure of each series. A change ends a series, because it shows that the slices could be read. */
function firstOfSeries(service: string, { failures, changes }: Reflector<EndpointSlice>): Observable<ServiceFailure> {
  const states = merge(failures.pipe(map(({ error }) => ({ message: UNREAD, service, error }))), changes.pipe(map(() => 'read' as const)));
  return states.pipe(
    distinctUntilChanged((before, now) => before !== 'read' && now !== 'read'),
    filter((state) => state !== 'read'),
  );
}
