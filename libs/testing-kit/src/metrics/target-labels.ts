/**
 * The labels that Prometheus, the Prometheus Operator and common scrape configurations set to describe the target. A metric's own label with
 * such a name is silently renamed to `exported_…`.
 */
const TARGET_LABELS: ReadonlySet<string> = new Set([
  ...['job', 'instance', 'namespace', 'pod', 'service', 'endpoint', 'container', 'node', 'cluster', 'prometheus', 'replica'],
  ...['host', 'hostname', 'app', 'component', 'environment', 'region', 'zone', 'target', 'address', 'scheme'],
]);

/** Returns the labels of a registry's metrics, as `METRIC LABEL`, that are also labels of a target. */
export function collidingLabels(registry: { getMetricsAsArray(): unknown }): string[] {
  // prom-client's own types do not have the label names of its metrics.
  const metrics = registry.getMetricsAsArray() as { readonly name: string; readonly labelNames: readonly string[] }[];
  return metrics.flatMap(({ name, labelNames }) =>
    labelNames.filter((label) => TARGET_LABELS.has(label)).map((label) => `${name} ${label}`),
  );
}
