import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type ClusterTests } from './cluster-tests';
import { applyJson } from './installed-cluster';
import { PLATFORM } from './tenants';

/**
 * A Connector like {@link PLATFORM}, whose class adds a file to volumes. The tests change its content to see when a volume gets
 * new files.
 */
export const MARKED = { namespace: PLATFORM.namespace, name: 'marked', host: `c-marked.${PLATFORM.namespace}.svc.cluster.local` } as const;

/** Names of the configuration and of its file. */
export const MARK = { configuration: 'mark', file: 'mark.txt' } as const;

/** Creates the class and the Connector, for the same users as {@link PLATFORM}. */
export async function makeMarkedConnector({ cluster }: ClusterTests, mark: string): Promise<void> {
  const { kubectl } = cluster;
  const like = await kubectl.get<ConnectorClass>(['connectorclass', 'oci']);
  const configurations = [{ name: MARK.configuration, data: { [MARK.file]: mark } }, ...(like.spec.configurations ?? [])];
  const connector = await kubectl.get<Connector>(['connector', PLATFORM.name, `--namespace=${PLATFORM.namespace}`]);
  const { apiVersion, kind } = connector;
  const { namespace, name } = MARKED;
  await applyJson(cluster, [
    {
      apiVersion,
      kind: like.kind,
      metadata: { name, annotations: { 'connectors.cpaas.io/proxy-resolver': 'path' } },
      spec: { ...like.spec, configurations },
    },
    { apiVersion, kind, metadata: { namespace, name }, spec: { ...connector.spec, connectorClassName: name } },
  ]);
  await kubectl.run(['wait', '--for=condition=Ready', '--timeout=60s', `connector/${name}`, `--namespace=${namespace}`]);
}

/** Changes the content of the additional file. */
export async function setMark({ cluster }: ClusterTests, mark: string): Promise<void> {
  const patch = [{ op: 'replace', path: `/spec/configurations/0/data/${MARK.file}`, value: mark }];
  await cluster.kubectl.run(['patch', 'connectorclass', MARKED.name, '--type=json', `--patch=${JSON.stringify(patch)}`]);
}
