import { rootCertificates } from 'node:tls';
import { RenderingError, type FileContent, renderVolume } from '@oci-connector/config-rendering';
import { apiServerHosts, type Connector, type ConnectorClass, PROXY_CA_KEYS, PROXY_CA_NAME } from '@oci-connector/connector-api';
import { ConfigMaps, ConnectorClasses, Connectors, decodeTokenUnverified, formatKey } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { type NamespacedName } from '../../installation/namespaced-name';
import { MissingServiceAccountError, requestToken } from '../../installation/request-token';
import { type ClientAddress, clientAddress } from '../client-address';
import { type Cluster } from '../cluster';
import { type World } from '../world';
import { ConfigProblem } from './config-problem';
import { insideOnly, loginInstructions } from './instructions';
import { prepareDirectory, writeFiles } from './write-files';

export interface ConfigOptions {
  readonly target: NamespacedName;
  readonly as?: NamespacedName;
  readonly durationSeconds: number;
  readonly directory?: string;
  readonly configurations: readonly string[];
}

/** `connectors config`. @returns the exit status */
export async function configCommand(options: ConfigOptions, cluster: Cluster, world: World): Promise<number> {
  const { target, as } = options;
  try {
    const served = await findServed(target, cluster);
    const hint = insideOnly(target, served.address, cluster.settings);
    if (hint !== undefined) {
      world.note(hint);
    }
    world.print(as ? await clientFiles({ ...options, as }, served, cluster) : loginInstructions(target, served.address));
    return 0;
  } catch (error) {
    if (error instanceof ConfigProblem || error instanceof RenderingError || error instanceof MissingServiceAccountError) {
      world.note(error.message);
      return 1;
    }
    throw error;
  }
}

interface Served {
  readonly connector: Connector;
  readonly address: ClientAddress;
}

async function findServed(target: NamespacedName, { client }: Cluster): Promise<Served> {
  const connector = await client.find(Connectors, target);
  if (!connector) {
    throw new ConfigProblem(`Connector "${target.name}" does not exist in namespace "${target.namespace}"`);
  }
  const address = clientAddress(connector);
  if (!address) {
    throw new ConfigProblem(`Connector ${formatKey(target)} has no address yet; see why: connectors check ${formatKey(target)}`);
  }
  return { connector, address };
}

/** Renders the files with a token, and writes them. Returns what to print. */
async function clientFiles(
  options: ConfigOptions & { readonly as: NamespacedName },
  { connector, address }: Served,
  cluster: Cluster,
): Promise<string> {
  const { as, directory, configurations } = options;
  const { client } = cluster;
  const connectorClass = await client.find(ConnectorClasses, { name: connector.spec.connectorClassName });
  if (!connectorClass) {
    throw new ConfigProblem(`ConnectorClass "${connector.spec.connectorClassName}" does not exist; install the class`);
  }
  // Everything that can be refused is checked before there is a token.
  const printed = directory === undefined ? onlyFile(connectorClass, configurations) : '';
  if (directory !== undefined) {
    await prepareDirectory(directory);
  }
  const token = await requestToken(client, { ...as, audience: address.audience, expirationSeconds: options.durationSeconds });
  const files = await render({ token, configurations }, { connector, connectorClass, address }, cluster);
  if (directory === undefined) {
    return String(files.get(printed) ?? '');
  }
  await writeFiles(directory, files);
  const until = new Date(decodeTokenUnverified(token).expiresAt).toISOString();
  return [
    [...files.keys()].sort().join(', '),
    `are in ${directory}, with a token of ServiceAccount ${formatKey(as)} that is valid until ${until}.`,
    ...(files.has('config.json') ? [`docker, crane, oras, helm and skopeo use them with: export DOCKER_CONFIG=${directory}`] : []),
    '',
  ].join('\n');
}

/** Returns the name of the file to print. Only one can be printed. */
function onlyFile(connectorClass: ConnectorClass, names: readonly string[]): string {
  const selected = (connectorClass.spec.configurations ?? []).filter(({ name }) => names.includes(name));
  const files = [...new Set(selected.flatMap(({ data }) => Object.keys(data ?? {})))];
  const [file] = files;
  if (file === undefined || files.length > 1) {
    const known = (connectorClass.spec.configurations ?? []).map(({ name }) => name).join(', ');
    throw new ConfigProblem(
      `configuration ${names.join(', ')} of class "${connectorClass.metadata.name}" has ${files.length} files; choose one with --configuration (${known === '' ? 'the class has none' : known}), or write files with --directory`,
    );
  }
  return file;
}

interface ToRender extends Served {
  readonly connectorClass: ConnectorClass;
}

async function render(
  { token, configurations }: { readonly token: Sensitive; readonly configurations: readonly string[] },
  { connector, connectorClass, address }: ToRender,
  { client, settings }: Cluster,
): Promise<ReadonlyMap<string, FileContent>> {
  // The status has the bundle, so that no permission in the namespace of the installation is needed.
  const caCertificates = address.caCertificates ?? (await publishedBundle({ client, settings }));
  return renderVolume({
    connectors: [{ connector, connectorClass }],
    configurationNames: configurations,
    excludedFiles: [],
    configurationParams: {},
    token,
    caCertificates,
    environment: {
      publicRoots: `${rootCertificates.join('\n')}\n`,
      clusterDomain: settings.clusterDomain,
      apiServerHosts: apiServerHosts(settings, client.connection.server),
      proxyHttpPort: 80,
      proxyHttpsPort: 443,
    },
  });
}

async function publishedBundle({ client, settings }: Cluster): Promise<string> {
  const configMap = await client.find(ConfigMaps, { namespace: settings.namespace, name: PROXY_CA_NAME });
  return configMap?.data?.[PROXY_CA_KEYS.bundle] ?? '';
}
