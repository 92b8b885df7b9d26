/**
 * The labels of a Connector in metrics. They must not be `namespace` or similar: Prometheus sets such labels for the scraped target, and
 * renames those of a metric to `exported_namespace`, which no alert expects.
 */
export const CONNECTOR_LABELS = ['connector_namespace', 'connector_name'] as const;

export type ConnectorLabels = Record<(typeof CONNECTOR_LABELS)[number], string>;

/**
 * Stands for all Connectors that have no time series of their own, because there are more than the setting allows. It is no name of a
 * Connector, because a Connector has a namespace.
 */
export const OTHER_CONNECTORS = '/other';

/** Returns the labels for `NAMESPACE/NAME`. Both are empty if there is no Connector. */
export function connectorLabels(key: string): ConnectorLabels {
  const [connector_namespace = '', connector_name = ''] = key.split('/');
  return { connector_namespace, connector_name };
}
