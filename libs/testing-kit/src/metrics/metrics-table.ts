import { readTable } from '../documents/read-table';

/** A metric with its type and its labels in order. */
export type MetricRow = readonly [name: string, type: string, labels: readonly string[]];

/** A registry of prom-client. */
export interface MetricsRegistry {
  getMetricsAsArray(): unknown;
  getMetricsAsJSON(): Promise<readonly { readonly name: string; readonly type: unknown }[]>;
}

/** Returns the metrics that the table of a document names. */
export function documentedMetrics(markdown: string, heading: string): MetricRow[] {
  return readTable(markdown, heading).map((row) => [row['Name'] ?? '', row['Type'] ?? '', row['Labels']?.match(/[a-z_]+/g) ?? []]);
}

/** Returns the metrics of a registry. */
export async function registeredMetrics(registry: MetricsRegistry): Promise<MetricRow[]> {
  // prom-client's own types do not have the label names of its metrics.
  const registered = registry.getMetricsAsArray() as { readonly name: string; readonly labelNames: readonly string[] }[];
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  return registered.map(({ name, labelNames }) => [name, types.get(name) ?? '', labelNames]);
}
