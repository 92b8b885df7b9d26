import { type ReceivedResponse } from '@oci-connector/testing-kit';
import {
  type FixtureRegistry,
  type FixtureRegistryOptions,
  harborQuirks,
  quayQuirks,
  type RecordedRequest,
  startFixtureRegistry,
} from '@oci-connector/testing-registry';
import { prefix, ProxyWorld, type RequestOptions, type WorldOptions } from './proxy-world';

export const ROBOT = {
  username: 'robot',
  password: 'correct-horse-battery',
  grants: { 'org/*': ['pull', 'push', 'delete', '*'] },
} as const;
export const READER = { username: 'reader', password: 'read-only-horse', grants: { 'org/*': ['pull'] } } as const;
export const OWNER = { username: 'owner', password: 'owner' };
export const ACCOUNTS = [ROBOT, READER, OWNER];

/** A registry with Quay's rules. */
export const quay: FixtureRegistryOptions = {
  auth: { mode: 'token', realm: 'same-origin', accounts: ACCOUNTS, tokens: { fields: 'token', omitExpiresIn: true, omitIssuedAt: true } },
  quirks: quayQuirks(),
};
/** A registry with Harbor's rules. */
export const harbor: FixtureRegistryOptions = {
  auth: { mode: 'token', realm: 'request-host', accounts: ACCOUNTS, tokens: { fields: 'empty-access-token' } },
  quirks: harborQuirks(),
};

export type Credential = { readonly username: string; readonly password: string } | null;

/** A proxy, and registries with one Connector each. */
export class RegistriesWorld {
  readonly #registries: FixtureRegistry[] = [];

  private constructor(readonly world: ProxyWorld) {}

  static async start(options: WorldOptions = {}): Promise<RegistriesWorld> {
    return new RegistriesWorld(await ProxyWorld.start(options));
  }

  /** Starts a registry, and creates a Connector with this name for it. The credential null means: without a Secret. */
  async connect(name: string, options: FixtureRegistryOptions, credential: Credential = ROBOT): Promise<FixtureRegistry> {
    const registry = await startFixtureRegistry(options);
    this.#registries.push(registry);
    await this.world.connect(registry, {
      name,
      ...(credential && { credential: { username: credential.username, password: credential.password } }),
    });
    registry.clearRequests();
    return registry;
  }

  /** Runs the callback with another replica, whose caches are empty. */
  async withReplica(
    use: (proxy: Awaited<ReturnType<ProxyWorld['addProxy']>>) => Promise<void>,
    settings: Parameters<ProxyWorld['addProxy']>[0] = {},
  ): Promise<void> {
    const proxy = await this.world.addProxy(settings);
    try {
      await use(proxy);
    } finally {
      await proxy.stop();
      this.world.proxies.splice(this.world.proxies.indexOf(proxy), 1);
    }
  }

  async close(): Promise<void> {
    await this.world.close();
    await Promise.all(this.#registries.map((registry) => registry.close()));
  }
}

/** Returns a path of a Connector. */
export const at = (connector: string, path: string): string => `${prefix(connector)}/${path}`;
/** Returns the requests to the token server. */
export const tokenRequests = (registry: FixtureRegistry): RecordedRequest[] =>
  registry.requests.filter(({ path }) => path === '/service/token');
/** Returns the requests for contents to the registry. */
export const contents = (registry: FixtureRegistry): string[] =>
  registry.requests.filter(({ path }) => path.startsWith('/v2/') && path !== '/v2/').map(({ method, path }) => `${method} ${path}`);
/** Returns the scopes of the token requests. */
export const scopesAsked = (registry: FixtureRegistry): (string | null)[] =>
  tokenRequests(registry).map(({ query }) => new URLSearchParams(query).get('scope'));

/** Sends the request that ends an upload. */
export async function endUpload(
  world: ProxyWorld,
  location: string | undefined,
  digest: string,
  options: RequestOptions,
): Promise<ReceivedResponse> {
  return await world.send(`${location ?? ''}${location?.includes('?') ? '&' : '?'}digest=${digest}`, { method: 'PUT', ...options });
}
