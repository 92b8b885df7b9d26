/**
 * Labels that Prometheus, the Prometheus Operator and common scrape configurations set to where they scraped. A metric's own label of that
 * name becomes `exported_…`, unnoticed.
 */
const TARGET_LABELS: ReadonlySet<string> = new Set([
  ...['job', 'instance', 'namespace', 'pod', 'service', 'endpoint', 'container', 'node', 'cluster', 'prometheus', 'replica'],
  ...['host', 'hostname', 'app', 'component', 'environment', 'region', 'zone', 'target', 'address', 'scheme'],
]);

/** The labels of a registry's metrics, as `METRIC LABEL`, that a target has too. */
export function collidingLabels(registry: { getMetricsAsArray(): unknown }): string[] {
  // prom-client's own type does not know that its metrics hold the names of their labels.
  const metrics = registry.getMetricsAsArray() as { readonly name: string; readonly labelNames: readonly string[] }[];
  return metrics.flatMap(({ name, labelNames }) =>
    labelNames.filter((label) => TARGET_LABELS.has(label)).map((label) => `${name} ${label}`),
  );
}
