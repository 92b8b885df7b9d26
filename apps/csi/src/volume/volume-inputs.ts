import { type MountedConnector } from '@oci-connector/config-rendering';
import { type Connector, type ConnectorClass, type ConnectorKey, type ObjectMeta } from '@oci-connector/connector-api';
import { isJsonObject, parseJsonObject } from '@oci-connector/http';

/** What the files of a volume are made of, beside what the request says. Nothing in it is secret. */
export interface VolumeInputs {
  readonly connectors: readonly MountedConnector[];
  /** PEM. */
  readonly caCertificates: string;
}

/** The parts of both that rendering looks at, and nothing else: a new condition or version of an object alone is no reason to write files. */
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

/** What kubectl writes for itself: the whole object once more. */
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

/** The one of these inputs that belongs to the Connector. */
export function inputOf(inputs: VolumeInputs | undefined, { namespace, name }: ConnectorKey): MountedConnector | undefined {
  return inputs?.connectors.find(({ connector: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
}

/** Of the format below. A new one must be written so that {@link parseInputs} still reads those before: volumes outlive an upgrade of the driver. */
const VERSION = 1;

/** @param target of the volume, see {@link targetOf} */
export function formatInputs(target: string, { connectors, caCertificates }: VolumeInputs): string {
  return JSON.stringify({ version: VERSION, target, connectors, caCertificates });
}

/** For which volume a text was written; undefined when that cannot be told. Of every version. */
export function targetOf(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parseJsonObject(text);
  return typeof value?.['target'] === 'string' ? value['target'] : undefined;
}

/** Undefined for anything else than {@link formatInputs} has ever written: then there is nothing to fall back on, as for a new volume. */
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

/** As far as anything relies on it; templates look at the rest and take what they find. */
function isMountedConnector(value: unknown): value is MountedConnector {
  return isJsonObject(value) && isObjectOfApi(value['connector']) && isObjectOfApi(value['connectorClass']);
}

function isObjectOfApi(value: unknown): boolean {
  return (
    isJsonObject(value) && isJsonObject(value['metadata']) && typeof value['metadata']['name'] === 'string' && isJsonObject(value['spec'])
  );
}
