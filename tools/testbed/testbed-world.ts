import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TestCertificateAuthority, startFixtureRegistry } from '@oci-connector/testing';
import { connectorHostNames } from '@oci-connector/connector-api';
import { buildahClient, podmanClient } from './clients/buildah-podman';
import { craneClients } from './clients/crane';
import { ctrClient, startContainerd } from './clients/ctr';
import { dockerClient, startDockerEngine } from './clients/docker';
import { helmClient } from './clients/helm';
import { orasClient } from './clients/oras';
import { regctlClient } from './clients/regctl';
import { type RegistryClient } from './clients/registry-client';
import { skopeoClient } from './clients/skopeo';
import { makeContent } from './content';
import { step } from '../processes/progress';
import { type Product } from './product';
import { newAccount, startRegistries, type Registry } from './registries';
import { type SuiteContext } from './suites/suite';
import { OUTSIDE_ADDRESS, furnishWorld, trustRegistry } from './world';

type Opening = Pick<SuiteContext, 'group' | 'closing' | 'directory' | 'logDirectory'>;

/** Namespace of the Connectors of every suite. */
export const NAMESPACE = 'ci';

/** Names of the Connectors: one for each registry. */
export const CONNECTORS = ['dist3-token', 'dist3-htpasswd', 'dist3-anonymous', 'dist2-token', 'fixture'] as const;

/** The name by which clients reach a Connector. */
export function connectorHost(name: string): string {
  return `c-${name}.${NAMESPACE}.svc.cluster.local`;
}

/** Brings up the namespace, the registries and the clients' daemons. */
export async function openWorld(opening: Opening): Promise<SuiteContext> {
  const { group, closing, directory } = opening;
  const names = CONNECTORS.flatMap((name) => connectorHostNames({ namespace: NAMESPACE, name, clusterDomain: 'cluster.local' }));
  await furnishWorld(directory, names);
  const authority = await TestCertificateAuthority.create({ name: 'testbed registries' });
  const registryCaFile = path.join(directory, 'registries-ca.crt');
  await writeFile(registryCaFile, authority.caPem);
  const content = await step('making content', () => makeContent(path.join(directory, 'content')));
  const registries = await step('starting registries', async () => [
    ...(await startRegistries({ group, directory, authority, closing })),
    await fixtureRegistry(opening, authority),
  ]);
  const clients = await step("starting the clients' daemons", () => startClients(opening, registryCaFile));
  const secrets = registries.flatMap(({ name, account }) => (account ? [{ name: `password of ${name}`, value: account.password }] : []));
  let product: Promise<Product> | undefined;
  return {
    ...opening,
    content,
    registries,
    clients,
    authority,
    registryCaFile,
    secrets,
    product: (start) => (product ??= start()),
  };
}

/** The fixture, as a fifth registry: over http, its realm on another origin. */
async function fixtureRegistry({ directory, closing }: Opening, authority: TestCertificateAuthority): Promise<Registry> {
  const host = 'fixture.registry.example';
  const account = newAccount('robot');
  const data = path.join(directory, 'fixture');
  await mkdir(data, { recursive: true });
  const fixture = await startFixtureRegistry({
    host: OUTSIDE_ADDRESS[host],
    port: 443,
    publicName: host,
    tls: await authority.issue({ names: [host] }),
    directory: data,
    auth: { mode: 'token', accounts: [account] },
  });
  closing.push(() => fixture.close());
  return { name: 'fixture', address: `https://${host}`, account, trustedRealm: fixture.tokenOrigin };
}

async function startClients({ group, directory }: Opening, registryCaFile: string): Promise<RegistryClient[]> {
  const hosts = CONNECTORS.map(connectorHost);
  const engine = (scheme: string, insecureRegistries: readonly string[]): ReturnType<typeof startDockerEngine> =>
    startDockerEngine(group, { directory: path.join(directory, `dockerd-${scheme}`), insecureRegistries });
  const engines = {
    http: await engine('http', [...hosts, 'dist3-anonymous.registry.example:5000']),
    https: await engine('https', []),
  };
  const httpsRegistries = ['dist3-token', 'dist3-htpasswd', 'dist2-token', 'fixture'].map((name) => `${name}.registry.example`);
  for (const host of httpsRegistries) await trustRegistry(host, registryCaFile);
  const containerd = await startContainerd(group, path.join(directory, 'containerd'));
  return [
    ...craneClients,
    orasClient,
    regctlClient,
    skopeoClient,
    buildahClient,
    podmanClient,
    dockerClient(engines),
    helmClient,
    ctrClient(containerd),
  ];
}
