import { type Clock } from '@oci-connector/clock';
import { type KubeClient } from './kube-client';
import { type EndpointSlice } from './kube-objects';
import { Reflector } from './reflector';
import { EndpointSlices } from './resource-type';

export interface InstallationEndpointsOptions {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly clock: Clock;
  /** Of the installation. */
  readonly namespace: string;
  /** Name of the proxy's Service. */
  readonly proxyService: string;
  /** Called with the first failure of a series; reading goes on. */
  readonly onError: (endpoints: string, error: unknown) => void;
}

/**
 * The addresses behind the Services of the API server and of the proxy, kept up to date. Where they may not be read, those last known
 * are given, or none.
 */
export class InstallationEndpoints {
  readonly #slices: readonly Reflector<EndpointSlice>[];

  constructor(options: InstallationEndpointsOptions) {
    const { namespace, proxyService } = options;
    this.#slices = [
      // The API server keeps one slice with this name for itself.
      reflector(options, 'kubernetes.default', { namespace: 'default', name: 'kubernetes' }),
      reflector(options, `${proxyService}.${namespace}`, { namespace, labelSelector: `kubernetes.io/service-name=${proxyService}` }),
    ];
  }

  start(): void {
    for (const slices of this.#slices) slices.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#slices.map((slices) => slices.stop()));
  }

  /** IPv4 and IPv6, ready or not. */
  get addresses(): readonly string[] {
    const slices = this.#slices.flatMap((reflected) => reflected.list());
    return slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []));
  }
}

function reflector(
  { client, clock, onError }: InstallationEndpointsOptions,
  service: string,
  selection: { namespace: string; name?: string; labelSelector?: string },
): Reflector<EndpointSlice> {
  let told = false;
  const slices: Reflector<EndpointSlice> = new Reflector({
    client,
    clock,
    type: EndpointSlices,
    ...selection,
    onError: (error) => {
      if (!told) onError(service, error);
      told = true;
    },
  });
  slices.changes.subscribe(() => (told = false));
  return slices;
}
