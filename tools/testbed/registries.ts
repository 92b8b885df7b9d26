import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestCertificateAuthority } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { type Account, startTokenServer } from './docker-token-server';
import { type ProcessGroup } from '../processes/process-group';
import { runCommand } from '../processes/run-command';
import { toolPath } from './toolchain';
import { OUTSIDE_ADDRESS, type OutsideHost } from './world';

/** A real registry as a Connector sees it. */
export interface Registry {
  /** Name in tables, and of the Connector. */
  readonly name: string;
  readonly address: string;
  /** Where clients go that are not led through a Connector, if not to `address`. */
  readonly directAddress?: string;
  readonly account?: Account;
  /** Origin of a realm that the Connector must trust. */
  readonly trustedRealm?: string;
  /** First part of the name of every repository, where not everybody may choose it. */
  readonly owner?: string;
  /** Tags that every repository has besides those that were pushed. */
  readonly extraTags?: number;
  /** Not a row of the client matrix. */
  readonly outsideMatrix?: boolean;
}

/** What registries are started with. */
export interface RegistryContext {
  readonly group: ProcessGroup;
  readonly directory: string;
  readonly authority: TestCertificateAuthority;
  /** Collects what must be closed at the end. */
  readonly closing: (() => Promise<void>)[];
}

const HTTPS_PORT = 443;
const HTTP_PORT = 5000;

/** Every secret of a fixture begins like this, so that a search of the logs finds any of them. */
export const SECRET_MARK = 'fixture-secret-';

export function newAccount(username: string): Account {
  return { username, password: `${SECRET_MARK}${randomBytes(12).toString('hex')}` };
}

/** Starts the four real registries of the matrix: three of distribution 3, one of 2.8. */
export async function startRegistries(context: RegistryContext): Promise<Registry[]> {
  return [
    await tokenRegistry(context, { name: 'dist3-token', tool: 'registry', realmHost: 'auth.dist3.example' }),
    await htpasswdRegistry(context),
    await anonymousRegistry(context),
    await tokenRegistry(context, { name: 'dist2-token', tool: 'docker-registry', realmHost: 'auth.dist2.example' }),
  ];
}

interface TokenRegistryOptions {
  readonly name: 'dist3-token' | 'dist2-token';
  readonly tool: string;
  readonly realmHost: OutsideHost;
}

async function tokenRegistry(context: RegistryContext, options: TokenRegistryOptions): Promise<Registry> {
  const { name, tool, realmHost } = options;
  const account = newAccount('robot$ci');
  const tokenServer = await startTokenServer({
    host: realmHost,
    address: OUTSIDE_ADDRESS[realmHost],
    issuer: 'testbed',
    account,
    tls: await context.authority.issue({ names: [realmHost] }),
  });
  context.closing.push(() => tokenServer.close());
  const directory = await registryDirectory(context, name);
  const rootcertbundle = path.join(directory, 'token-signer.crt');
  await writeFile(rootcertbundle, tokenServer.signingCertificate);
  const token = { realm: tokenServer.realm, service: name, issuer: 'testbed', rootcertbundle };
  const address = await startDistribution(context, { name, host: `${name}.registry.example`, tool, scheme: 'https', auth: { token } });
  return { name, address, account, trustedRealm: new URL(tokenServer.realm).origin };
}

/** A registry with accounts of its own, which it asks for by Basic authentication. */
export async function htpasswdRegistry(context: RegistryContext): Promise<Registry> {
  const name = 'dist3-htpasswd';
  const account = newAccount('ci');
  const directory = await registryDirectory(context, name);
  const file = path.join(directory, 'htpasswd');
  await writeFile(file, await runCommand(['htpasswd', '-nbB', account.username, account.password]));
  const auth = { htpasswd: { realm: 'distribution', path: file } };
  const address = await startDistribution(context, { name, host: `${name}.registry.example`, tool: 'registry', scheme: 'https', auth });
  return { name, address, account };
}

async function anonymousRegistry(context: RegistryContext): Promise<Registry> {
  const name = 'dist3-anonymous';
  const address = await startDistribution(context, { name, host: `${name}.registry.example`, tool: 'registry', scheme: 'http' });
  return { name, address };
}

interface DistributionOptions {
  readonly name: string;
  readonly host: OutsideHost;
  /** Further names in its certificate. */
  readonly aliases?: readonly OutsideHost[];
  readonly tool: string;
  readonly scheme: 'http' | 'https';
  readonly auth?: object;
}

/** Starts one registry of the distribution project and returns its address as a Connector names it. */
export async function startDistribution(context: RegistryContext, options: DistributionOptions): Promise<string> {
  const { name, host, aliases = [], tool, scheme, auth } = options;
  const address = OUTSIDE_ADDRESS[host];
  const port = scheme === 'https' ? HTTPS_PORT : HTTP_PORT;
  const directory = await registryDirectory(context, name);
  const tls = scheme === 'https' ? await tlsFiles(context, directory, [host, ...aliases]) : undefined;
  const configuration = {
    version: 0.1,
    log: { level: 'info' },
    storage: { filesystem: { rootdirectory: path.join(directory, 'data') }, delete: { enabled: true } },
    http: {
      addr: `${address}:${port}`,
      secret: createHash('sha256').update(name).digest('hex'),
      ...(tls && { tls: { certificate: tls.cert, key: tls.key } }),
    },
    ...(auth && { auth }),
  };
  const file = path.join(directory, 'config.yml');
  await writeFile(file, stringify(configuration));
  await context.group.start({
    name,
    command: [toolPath(tool), 'serve', file],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: () => accepts(address, port),
  });
  return `${scheme}://${host}${scheme === 'http' ? `:${port}` : ''}`;
}

/** Where a registry keeps its files. */
export async function registryDirectory(context: RegistryContext, name: string): Promise<string> {
  const directory = path.join(context.directory, name);
  await mkdir(directory, { recursive: true });
  return directory;
}

/** A certificate for names, in files that only root reads. */
export async function tlsFiles(context: RegistryContext, directory: string, names: string[]): Promise<{ cert: string; key: string }> {
  const issued = await context.authority.issue({ names });
  const files = { cert: path.join(directory, 'tls.crt'), key: path.join(directory, 'tls.key') };
  await writeFile(files.cert, issued.cert);
  await writeFile(files.key, issued.key, { mode: 0o600 });
  return files;
}

/** True when somebody listens there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
