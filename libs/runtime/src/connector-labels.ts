/**
 * The labels by which metrics name a Connector. Not `namespace` and the like: those Prometheus sets itself, to where it scraped, and turns a
 * metric's own into `exported_namespace`, which no alert expects.
 */
export const CONNECTOR_LABELS = ['connector_namespace', 'connector_name'] as const;

export type ConnectorLabels = Record<(typeof CONNECTOR_LABELS)[number], string>;

/** The labels of `NAMESPACE/NAME`; both are empty for no Connector. */
export function connectorLabels(key: string): ConnectorLabels {
  const [connector_namespace = '', connector_name = ''] = key.split('/');
  return { connector_namespace, connector_name };
}
