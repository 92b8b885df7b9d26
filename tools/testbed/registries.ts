import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { stringify } from 'yaml';
import { type Account, startTokenServer } from './docker-token-server';
import { accepts } from '../processes/accepts';
import { type ProcessGroup } from '../processes/process-group';
import { runCommand } from '../processes/run-command';
import { toolPath } from './toolchain';
import { OUTSIDE_ADDRESS, type OutsideHost } from './world';

/** A real registry, with the data of its Connector. */
export interface Registry {
  /** Name in tables, and name of the Connector. */
  readonly name: string;
  readonly address: string;
  /** Address for clients that do not use the Connector; default: `address`. */
  readonly directAddress?: string;
  readonly account?: Account;
  /** Origin of a realm that the Connector must trust. */
  readonly trustedRealm?: string;
  /** First part of the name of every repository, if the registry prescribes it. */
  readonly owner?: string;
  /** The authority of its certificate, if only its Connector trusts it. */
  readonly privateCa?: { readonly file: string; readonly pem: string };
  /** Number of tags that every repository has in addition to the pushed tags. */
  readonly extraTags?: number;
  /** Whether the client matrix omits this registry. */
  readonly outsideMatrix?: boolean;
}

/** The parameters with which registries are started. */
export interface RegistryContext {
  readonly group: ProcessGroup;
  readonly directory: string;
  readonly authority: TestCertificateAuthority;
  /** Collects the functions that close everything at the end. */
  readonly closing: (() => Promise<void>)[];
}

const HTTPS_PORT = 443;
const HTTP_PORT = 5000;

/** Every secret of a fixture begins with this text, so that a search in the logs finds all of them. */
export const SECRET_MARK = 'fixture-secret-';

export function newAccount(username: string): Account {
  return { username, password: `${SECRET_MARK}${randomBytes(12).toString('hex')}` };
}

/** Starts the five registries of the distribution project: four of version 3, one of version 2.8. */
export async function startRegistries(context: RegistryContext): Promise<Registry[]> {
  return [
    await tokenRegistry(context, { name: 'dist3-token', tool: 'registry', realmHost: 'auth.dist3.example' }),
    await htpasswdRegistry(context),
    await anonymousRegistry(context),
    await tokenRegistry(context, { name: 'dist2-token', tool: 'docker-registry', realmHost: 'auth.dist2.example' }),
    await privateCaRegistry(context),
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

/** Starts a registry with its own accounts, which requires Basic authentication. */
export async function htpasswdRegistry(
  context: RegistryContext,
  name: 'dist3-htpasswd' | 'private-ca' = 'dist3-htpasswd',
): Promise<Registry> {
  const account = newAccount('ci');
  const directory = await registryDirectory(context, name);
  const file = path.join(directory, 'htpasswd');
  await writeFile(file, await runCommand(['htpasswd', '-nbB', account.username, account.password]));
  const auth = { htpasswd: { realm: 'distribution', path: file } };
  const address = await startDistribution(context, { name, host: `${name}.registry.example`, tool: 'registry', scheme: 'https', auth });
  return { name, address, account };
}

/** Starts a registry whose certificate only its Connector trusts. */
async function privateCaRegistry(context: RegistryContext): Promise<Registry> {
  const name = 'private-ca';
  const authority = await TestCertificateAuthority.create({ name: 'private authority' });
  const privateCa = { file: path.join(await registryDirectory(context, name), 'ca.crt'), pem: authority.caPem };
  await writeFile(privateCa.file, privateCa.pem);
  return { ...(await htpasswdRegistry({ ...context, authority }, name)), privateCa, outsideMatrix: true };
}

async function anonymousRegistry(context: RegistryContext): Promise<Registry> {
  const name = 'dist3-anonymous';
  const address = await startDistribution(context, { name, host: `${name}.registry.example`, tool: 'registry', scheme: 'http' });
  return { name, address };
}

interface DistributionOptions {
  readonly name: string;
  readonly host: OutsideHost;
  /** More names in its certificate. */
  readonly aliases?: readonly OutsideHost[];
  readonly tool: string;
  readonly scheme: 'http' | 'https';
  readonly auth?: object;
}

/**
 * Starts one registry of the distribution project.
 *
 * @returns its address for a Connector
 */
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

/**
 * Creates the directory for the files of a registry.
 *
 * @returns its path
 */
export async function registryDirectory(context: RegistryContext, name: string): Promise<string> {
  const directory = path.join(context.directory, name);
  await mkdir(directory, { recursive: true });
  return directory;
}

/** Writes a certificate for names; only root can read the file with the key. */
export async function tlsFiles(context: RegistryContext, directory: string, names: string[]): Promise<{ cert: string; key: string }> {
  const issued = await context.authority.issue({ names });
  const files = { cert: path.join(directory, 'tls.crt'), key: path.join(directory, 'tls.key') };
  await writeFile(files.cert, issued.cert);
  await writeFile(files.key, issued.key, { mode: 0o600 });
  return files;
}
