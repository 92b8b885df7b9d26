import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type TemplateValue } from '../template/values/from-data';
import { proxyAddress, proxyHosts } from './proxy-hosts';
import { type VolumeRequest } from './volume-request';

type TemplateObject = { readonly [key: string]: TemplateValue };

/**
 * Returns the data for the templates of a class; docs/template-functions.md describes them for authors. The metadata contain
 * only fields that do not change by themselves, so that a new resourceVersion does not change the files.
 *
 * @throws RenderingError (ConnectorNotServed) when a Connector has no usable address
 */
export function templateData(
  { connectorClass, connectors }: { connectorClass: ConnectorClass; connectors: readonly Connector[] },
  configurations: TemplateObject,
  { token, caCertificates, environment }: Pick<VolumeRequest, 'token' | 'caCertificates' | 'environment'>,
): TemplateObject {
  const mounted = connectors.map(connectorData);
  return {
    connector: mounted[0],
    connectors: mounted,
    connectorclass: classData(connectorClass),
    context: { token: token.reveal(), proxy: { caCert: caCertificates, ...proxyHosts(connectors, environment) } },
    configurations,
  };
}

function connectorData(connector: Connector): TemplateObject {
  const { spec, status } = connector;
  return {
    metadata: metadataOf(connector),
    spec: asData(spec),
    status: { proxyAddress: proxyAddress(connector), proxy: asData(status?.proxy) },
  };
}

function classData(connectorClass: ConnectorClass): TemplateObject {
  const url = connectorClass.status?.proxy?.httpAddress?.url ?? '';
  return { metadata: metadataOf(connectorClass), proxyAddress: URL.canParse(url) ? new URL(url).host : '' };
}

function metadataOf({ metadata }: Connector | ConnectorClass): TemplateObject {
  const { name, namespace, uid, labels, annotations } = metadata;
  return { name, namespace, uid, labels, annotations };
}

/** Casts an object of the Kubernetes API. It was parsed from JSON, so it contains only JSON values. */
function asData(value: object | undefined): TemplateValue {
  return value as TemplateValue;
}
