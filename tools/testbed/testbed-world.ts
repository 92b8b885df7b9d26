import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { connectorHostNames } from '@oci-connector/connector-api';
import { buildahClient, podmanClient } from './clients/buildah-podman';
import { cosignClient } from './clients/cosign';
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
import { startFixtures } from './fixtures';
import { type MountedVolumes } from './forward/mounted-volumes';
import { startGitea } from './gitea';
import { startPublicRead } from './public-read';
import { step } from '../processes/progress';
import { type Product } from './product';
import { startRegistries, type Registry } from './registries';
import { type SuiteContext } from './suites/suite';
import { furnishWorld, trustRegistry } from './world';

type Opening = Pick<SuiteContext, 'world' | 'group' | 'closing' | 'directory' | 'logDirectory'>;

/** Starts the namespaces, the registries and the clients' daemons. */
export async function openWorld(opening: Opening): Promise<SuiteContext> {
  const { group, closing, directory } = opening;
  const names = CONNECTORS.flatMap((name) => connectorHostNames({ namespace: NAMESPACE, name, clusterDomain: 'cluster.local' }));
  await furnishWorld(directory, names);
  const authority = await TestCertificateAuthority.create({ name: 'testbed registries' });
  const registryCaFile = path.join(directory, 'registries-ca.crt');
  await writeFile(registryCaFile, authority.caPem);
  const content = await step('building content', () => makeContent(path.join(directory, 'content')));
  const context = { group, directory, authority, closing };
  const registries = await step('starting registries', async () =>
    (await Promise.all([startRegistries(context), startGitea(context), startPublicRead(context), startFixtures(context)])).flat(),
  );
  const clients = await step("starting the clients' daemons", () => startClients(opening, registries, registryCaFile));
  const secrets = registries.flatMap(({ name, account }) => (account ? [{ name: `password of ${name}`, value: account.password }] : []));
  let product: Promise<Product> | undefined;
  let volumes: Promise<MountedVolumes> | undefined;
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
    volumes: (start) => (volumes ??= start()),
    cluster: (start) => (cluster ??= start()),
  };
}

/** Starts the clients after the registries, because docker engines read the list of http registries only when they start. */
async function startClients(
  { group, directory }: Opening,
  registries: readonly Registry[],
  registryCaFile: string,
): Promise<RegistryClient[]> {
  const known = registries.filter(({ privateCa }) => !privateCa);
  const addresses = known.flatMap(({ address, directAddress }) => [new URL(address), new URL(directAddress ?? address)]);
  const plain = addresses.filter(({ protocol }) => protocol === 'http:').map(({ host }) => host);
  const engine = (scheme: string, insecureRegistries: readonly string[]): ReturnType<typeof startDockerEngine> =>
    startDockerEngine(group, { directory: path.join(directory, `dockerd-${scheme}`), insecureRegistries });
  const engines = {
    http: await engine('http', [...CONNECTORS.map(connectorHost), ...plain]),
    https: await engine('https', []),
  };
  for (const { host, protocol } of addresses) {
    if (protocol === 'https:') {
      await trustRegistry(host, registryCaFile);
    }
  }
  const containerd = await startContainerd(group, path.join(directory, 'containerd'));
  return [
    // regctl runs first: its uploads begin with a body, before the proxy knows how the registry authorises writes.
    regctlClient,
    ...craneClients,
    orasClient,
    skopeoClient,
    buildahClient,
    podmanClient,
    dockerClient(engines),
    helmClient,
    cosignClient,
    ctrClient(containerd),
  ];
}
