import { type MountedConnector } from '@oci-connector/config-rendering';
import { type Connector, type ConnectorClass, type ConnectorKey, type ObjectMeta } from '@oci-connector/connector-api';
import { isJsonObject, parseJsonObject } from '@oci-connector/http';

/** The inputs of a volume's files, in addition to the request. They contain nothing secret. */
export interface VolumeInputs {
  readonly connectors: readonly MountedConnector[];
  /** In PEM. */
  readonly caCertificates: string;
}

/** Returns only the parts of both objects that rendering reads: a new condition or resource version alone is no reason to write files. */
export function mountedConnector(connector: Connector, connectorClass: ConnectorClass): MountedConnector {
  return {
    connector: {
      apiVersion: connector.apiVersion,
      kind: connector.kind,
      metadata: stableMetadata(connector.metadata),
      spec: connector.spec,
      ...(connector.status?.proxy && { status: { proxy: connector.status.proxy } }),
    },
    connectorClass: {
      apiVersion: connectorClass.apiVersion,
      kind: connectorClass.kind,
      metadata: stableMetadata(connectorClass.metadata),
      spec: { configurations: connectorClass.spec.configurations },
      ...(connectorClass.status?.proxy && { status: { proxy: connectorClass.status.proxy } }),
    },
  };
}

/** kubectl's own annotation, which repeats the whole object. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function stableMetadata({ name, namespace, uid, labels, annotations }: ObjectMeta): ObjectMeta {
  const kept = Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  return {
    name,
    ...(namespace && { namespace }),
    ...(uid && { uid }),
    ...(labels && { labels }),
    ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }),
  };
}

/** Returns the inputs of one Connector. */
export function inputOf(inputs: VolumeInputs | undefined, { namespace, name }: ConnectorKey): MountedConnector | undefined {
  return inputs?.connectors.find(({ connector: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
}

/** Version of the stored format. {@link parseInputs} must still read earlier versions, because volumes outlive an upgrade of the driver. */
const VERSION = 1;

/**
 * Returns the text to store.
 *
 * @param target of the volume, see {@link targetOf}
 */
export function formatInputs(target: string, { connectors, caCertificates }: VolumeInputs): string {
  return JSON.stringify({ version: VERSION, target, connectors, caCertificates });
}

/** Returns the target of the volume that a stored text belongs to, for every version; undefined when it is not readable. */
export function targetOf(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parseJsonObject(text);
  return typeof value?.['target'] === 'string' ? value['target'] : undefined;
}

/** Reads a stored text. Returns undefined when {@link formatInputs} did not write it; then there is no fallback, as for a new volume. */
export function parseInputs(text: string | undefined): VolumeInputs | undefined {
  const value = text === undefined ? undefined : parseJsonObject(text);
  if (value?.['version'] !== VERSION) {
    return undefined;
  }
  const { connectors, caCertificates } = value;
  if (typeof caCertificates !== 'string' || !Array.isArray(connectors) || !connectors.every(isMountedConnector)) {
    return undefined;
  }
  return { connectors, caCertificates };
}

/** Checks the fields that the code relies on. Templates read the rest and accept any value. */
function isMountedConnector(value: unknown): value is MountedConnector {
  return isJsonObject(value) && isObjectOfApi(value['connector']) && isObjectOfApi(value['connectorClass']);
}

function isObjectOfApi(value: unknown): boolean {
  return (
    isJsonObject(value) && isJsonObject(value['metadata']) && typeof value['metadata']['name'] === 'string' && isJsonObject(value['spec'])
  );
}
