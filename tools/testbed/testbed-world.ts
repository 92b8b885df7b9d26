import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FixtureAuth, type FixtureRegistry, TestCertificateAuthority, startFixtureRegistry } from '@oci-connector/testing';
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
import { type ClusterTests } from './cluster/cluster-tests';
import { CONNECTORS, connectorHost, NAMESPACE } from './connector-names';
import { makeContent } from './content';
import { step } from '../processes/progress';
import { type Product } from './product';
import { newAccount, startRegistries, type Registry } from './registries';
import { type SuiteContext } from './suites/suite';
import { OUTSIDE_ADDRESS, type OutsideHost, furnishWorld, trustRegistry } from './world';

type Opening = Pick<SuiteContext, 'world' | 'group' | 'closing' | 'directory' | 'logDirectory'>;

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
    ...(await fixtureRegistries(opening, authority)),
  ]);
  const clients = await step("starting the clients' daemons", () => startClients(opening, registryCaFile));
  const secrets = registries.flatMap(({ name, account }) => (account ? [{ name: `password of ${name}`, value: account.password }] : []));
  let product: Promise<Product> | undefined;
  let cluster: Promise<ClusterTests> | undefined;
  return {
    ...opening,
    content,
    registries,
    clients,
    authority,
    registryCaFile,
    secrets,
    product: (start) => (product ??= start()),
    cluster: (start) => (cluster ??= start()),
  };
}

/**
 * The fixture, as a fifth registry, its realm on another origin; and once more with Basic authentication, for the
 * conformance suite, where a token for one repository would forbid what an account may do.
 */
async function fixtureRegistries(opening: Opening, authority: TestCertificateAuthority): Promise<Registry[]> {
  const account = newAccount('robot');
  const accounts = [account];
  const byToken = await startFixture(opening, authority, { name: 'fixture', auth: { mode: 'token', accounts } });
  await startFixture(opening, authority, { name: 'fixture-basic', auth: { mode: 'basic', accounts } });
  return [
    { name: 'fixture', address: 'https://fixture.registry.example', account, trustedRealm: byToken.tokenOrigin },
    { name: 'fixture-basic', address: 'https://fixture-basic.registry.example', account, outsideMatrix: true },
  ];
}

interface Fixture {
  readonly name: 'fixture' | 'fixture-basic';
  readonly auth: FixtureAuth;
}

async function startFixture(opening: Opening, authority: TestCertificateAuthority, { name, auth }: Fixture): Promise<FixtureRegistry> {
  const host: OutsideHost = `${name}.registry.example`;
  const directory = path.join(opening.directory, name);
  await mkdir(directory, { recursive: true });
  const tls = await authority.issue({ names: [host] });
  const fixture = await startFixtureRegistry({ host: OUTSIDE_ADDRESS[host], port: 443, publicName: host, tls, directory, auth });
  opening.closing.push(() => fixture.close());
  return fixture;
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
