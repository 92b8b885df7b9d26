import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixtureNameServer, ManualClock } from '@oci-connector/testing-kit';
import { type LookupCaller } from '../src/names/lookup-all';
import { NameResolver, type NameResolverOptions } from '../src/names/name-resolver';

/** The caller when a test names none. */
const CALLER = { owner: 'one' };

/** The environment of a test: its own files, and name servers on loopback. */
export class NameWorld {
  readonly clock = new ManualClock();
  readonly servers: FixtureNameServer[] = [];

  private constructor(readonly directory: string) {}

  static async create(): Promise<NameWorld> {
    return new NameWorld(await mkdtemp(join(tmpdir(), 'names-')));
  }

  async server(zone: Parameters<typeof FixtureNameServer.start>[0] = {}): Promise<FixtureNameServer> {
    const server = await FixtureNameServer.start(zone);
    this.servers.push(server);
    return server;
  }

  hosts(text: string): Promise<void> {
    return writeFile(join(this.directory, 'hosts'), text);
  }

  /** Writes a resolv.conf with these servers, or with all started ones. */
  resolvConf(text: string, servers: readonly { address: string }[] = this.servers): Promise<void> {
    return writeFile(join(this.directory, 'resolv.conf'), `${servers.map(({ address }) => `nameserver ${address}\n`).join('')}${text}`);
  }

  resolver(options: NameResolverOptions = {}): (name: string, caller?: LookupCaller) => Promise<string[]> {
    const files = { hostsFile: join(this.directory, 'hosts'), resolvConf: join(this.directory, 'resolv.conf') };
    const resolver = new NameResolver({ ...files, clock: this.clock, firstFamily: () => 4, ...options });
    return async (name, caller = CALLER) => (await resolver.lookup(name, caller)).map(({ address }) => address);
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    await rm(this.directory, { recursive: true });
  }
}
