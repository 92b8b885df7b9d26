import { type Clock } from '@oci-connector/clock';
import { type InstallationNames, refusedHosts } from '@oci-connector/connector-api';
import { distinctUntilChanged, filter, map, merge, type Observable } from 'rxjs';
import { type KubeClient } from './kube-client';
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

/** An address that no Connector may lead to. */
export interface InstallationEndpoint {
  readonly address: string;
  /** Absent: whatever the port. */
  readonly port?: number;
}

/** The part of an `EgressPolicy` that follows from where the installation is. */
export interface RefusedDestinations {
  readonly refusedHosts: readonly string[];
  readonly refusedEndpoints: () => readonly InstallationEndpoint[];
}

/**
 * The addresses behind the Services of the API server and of the proxy, kept up to date. Where they may not be read, those last known
 * are given, or none.
 */
export class InstallationEndpoints {
  /** The first failure of each series; reading goes on. Completes at the stop. */
  readonly failures: Observable<ServiceFailure>;
  readonly #apiServer: Reflector<EndpointSlice>;
  readonly #proxies: Reflector<EndpointSlice>;

  constructor(private readonly options: InstallationEndpointsOptions) {
    const { namespace, proxyService } = options.installation;
    // The API server keeps one slice with this name for itself.
    const { client, clock } = options;
    this.#apiServer = new Reflector({ client, clock, type: EndpointSlices, namespace: 'default', name: 'kubernetes' });
    const labelSelector = `kubernetes.io/service-name=${proxyService}`;
    this.#proxies = new Reflector({ client, clock, type: EndpointSlices, namespace, labelSelector });
    this.failures = merge(
      firstOfSeries('kubernetes.default', this.#apiServer),
      firstOfSeries(`${proxyService}.${namespace}`, this.#proxies),
    );
  }

  /** Where no Connector may lead (rule C9). */
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

  /**
   * IPv4 and IPv6, ready or not. The API server's with its ports, because the other ports of a node may be a registry's; the proxies' with
   * all ports, because their pods serve nothing else.
   */
  get all(): readonly InstallationEndpoint[] {
    const apiServer = this.#apiServer.list().flatMap((slice) => {
      const ports = (slice.ports ?? []).map(({ port }) => port ?? undefined);
      return addressesOf(slice).flatMap((address) => (ports.length === 0 ? [{ address }] : ports.map((port) => ({ address, port }))));
    });
    return [
      ...apiServer,
      ...this.#proxies
        .list()
        .flatMap(addressesOf)
        .map((address) => ({ address })),
    ];
  }
}

function addressesOf({ endpoints }: EndpointSlice): string[] {
  return (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []);
}

const UNREAD = 'the addresses behind a Service could not be read; Connectors may lead to those not known';

/** A series ends with a change: then the slices could be read. */
function firstOfSeries(service: string, { failures, changes }: Reflector<EndpointSlice>): Observable<ServiceFailure> {
  const states = merge(failures.pipe(map(({ error }) => ({ message: UNREAD, service, error }))), changes.pipe(map(() => 'read' as const)));
  return states.pipe(
    distinctUntilChanged((before, now) => before !== 'read' && now !== 'read'),
    filter((state) => state !== 'read'),
  );
}
