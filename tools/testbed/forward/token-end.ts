import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ServiceAccounts } from '../../installation/apply-manifests';
import { type PublishedVolume } from '../../kubelet/published-volume';
import { runCommand, tryCommand } from '../../processes/run-command';
import { until } from '../../processes/until';
import { expectEqual, expectParts, type Checks } from '../checks';
import { buildkitClient, startBuildkit } from '../clients/buildkit';
import { type ClientSession, type Operation, type RegistryClient } from '../clients/registry-client';
import { connectorHost } from '../connector-names';
import { type Registry } from '../registries';
import { applyAll, DAEMONS, serviceAccount } from '../start-product';
import { type Product } from '../product';
import { type TestbedContext } from '../testbed-context';
import { toolPath } from '../toolchain';
import { forwardVariables, type Mount, type MountedVolumes } from './mounted-volumes';

/** What a daemon prints whose token has ended: see docs/troubleshooting.md. */
const REFUSAL = 'Proxy Authentication Required: The API server does not accept the token';

/** The API server and the proxy remember a valid token for seconds each. In milliseconds, for a slow machine. */
const PATIENCE_MS = 120_000;

interface TokenEndOptions {
  readonly context: TestbedContext;
  readonly product: Product;
  readonly volumes: MountedVolumes;
  /** Names of the Connectors in the volume. */
  readonly connectors: readonly string[];
  /** The registry to use; one of the Connectors is for it. */
  readonly registry: Registry;
}

/**
 * A pod with daemons that outlive a token of its volume. Some have the token in their environment. The others are set up as the section
 * "Daemons" of docs/forward-proxy.md says: they have no token, and their clients read the login for the reverse proxy from the volume.
 */
export class TokenEnd {
  private constructor(
    private readonly options: TokenEndOptions,
    private readonly mount: Mount,
    private readonly volume: PublishedVolume,
    /** The variables of the forward proxy, with the token that is going to end. */
    readonly variables: Readonly<Record<string, string>>,
  ) {}

  static async start(options: TokenEndOptions): Promise<TokenEnd> {
    const { context, volumes, connectors, registry } = options;
    const mount: Mount = {
      pod: 'daemons',
      connectors,
      serviceAccount: DAEMONS.name,
      attributes: {
        'configuration.names': 'registry-config,buildkitd',
        'configuration.params': JSON.stringify({ buildkitd: { tls: 'true', dir: buildkitDirectory(context) } }),
      },
    };
    const volume = await volumes.mount(mount);
    for (const place of [buildkitDirectory(context), dockerCertificates(registry)]) {
      await mkdir(place, { recursive: true });
      await runCommand(['mount', '--bind', volume.directory, place]);
    }
    return new TokenEnd(options, mount, volume, await forwardVariables(volume));
  }

  /** Returns the clients of a dockerd and a buildkitd without a token. */
  async startLasting(): Promise<RegistryClient[]> {
    const { context, registry } = this.options;
    const config = path.join(context.directory, 'buildkitd.toml');
    const hosts = await readFile(path.join(buildkitDirectory(context), 'buildkitd.toml'), 'utf8');
    const mirror = `[registry."${new URL(registry.address).host}"]\n  mirrors = ["${connectorHost(registry.name)}"]\n`;
    await writeFile(config, `${hosts}\n${mirror}`);
    const buildkit = await startBuildkit(context.group, { directory: path.join(context.directory, 'buildkitd-lasting'), config });
    return [...context.clients.filter(({ name }) => name === 'docker'), buildkitClient(buildkit)];
  }

  /** Checks that daemons without a token push and pull. */
  async checkLasting(checks: Checks, clients: readonly RegistryClient[], when: string): Promise<void> {
    const { registry } = this.options;
    const service = connectorHost(registry.name);
    for (const client of clients) {
      // BuildKit has a mirror, so that it also pulls by the registry's own name. docker has mirrors for Docker Hub only.
      const hosts = client.name === 'buildkit' ? [service, new URL(registry.address).host] : [service];
      await checks.check(`${client.name} without a token in the daemon's environment pushes and pulls ${when}`, async () => {
        const pushed = await client.operations.push?.(await this.#session(`lasting-${client.name}`, service));
        for (const host of hosts) {
          const pulled = await client.operations['pull by tag']?.(await this.#session(`lasting-${client.name}`, host));
          expectEqual(pulled, pushed, `image pulled from ${host}`);
        }
      });
    }
  }

  /**
   * Ends the token that is in the volume and in environments of daemons. Then the kubelet writes a new one into the volume, while the pod
   * continues. No API server issues tokens that expire within ten minutes, so this replaces the ServiceAccount.
   */
  async end(): Promise<void> {
    const { product, volumes } = this.options;
    await product.client.delete(ServiceAccounts, DAEMONS);
    await applyAll(product.client, [serviceAccount(DAEMONS)]);
    await volumes.renew(this.mount, this.volume);
  }

  /** Checks that daemons with the ended token in their environment fail, and print why. */
  async checkEnded(checks: Checks, clients: readonly RegistryClient[]): Promise<void> {
    await this.#untilRefused();
    for (const client of clients) {
      const session = await this.#session(`ended-${client.name}`, new URL(this.options.registry.address).host);
      for (const operation of ['push', 'pull by tag'] as const) {
        // A tunnel that is still open gets 403 first, and closes.
        await checks.check(`${client.name} with the ended token in the daemon's environment: ${operation} prints why it fails`, () =>
          until(PATIENCE_MS, async () => expectParts(await failureOf(client, operation, session), [REFUSAL])),
        );
      }
    }
  }

  async close(): Promise<void> {
    await runCommand(['umount', dockerCertificates(this.options.registry)]);
  }

  /** Waits until no tunnel is opened with the ended token. If a token ends during a push, docker retries for a minute. */
  async #untilRefused(): Promise<void> {
    const command: [string, ...string[]] = [toolPath('curl'), '--silent', '--show-error', `${this.options.registry.address}/v2/`];
    await until(PATIENCE_MS, async () => expectParts((await tryCommand(command, { env: this.variables })).stderr, ['407']));
  }

  async #session(name: string, host: string): Promise<ClientSession> {
    const { content, directory: parent } = this.options.context;
    const directory = path.join(parent, 'token-end', name);
    await mkdir(directory, { recursive: true });
    const variables = { DOCKER_CONFIG: this.volume.directory };
    return { scheme: 'https', host, repository: `${host}/token-end/${name}`, directory, content, variables };
  }
}

/** Returns the directory at which buildkitd has the volume. */
function buildkitDirectory({ directory }: TestbedContext): string {
  return path.join(directory, 'etc-buildkit');
}

/** Returns the directory in which dockerd finds the CA of the Connector. */
function dockerCertificates({ name }: Registry): string {
  return path.join('/etc/docker/certs.d', connectorHost(name));
}

/** Returns the message with which an operation fails. */
async function failureOf({ operations }: RegistryClient, operation: Operation, session: ClientSession): Promise<string> {
  try {
    return `no failure, but ${JSON.stringify(await operations[operation]?.(session))}`;
  } catch (error) {
    return (error as Error).message;
  }
}
