import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { workspaceRoot } from '../processes/workspace';

/** docs/operations.md. The specs of the programs compare its tables with their metrics. */
export const OPERATIONS = readFileSync(path.join(workspaceRoot, 'docs/operations.md'), 'utf8');

/** Returns the labels of each metric that the programs export: of their own, and of the default metrics of Node.js. */
export function knownMetrics(): Map<string, readonly string[]> {
  const documented = ['all programs', 'the proxy', 'the controller', 'the CSI driver']
    .flatMap((program) => readTable(OPERATIONS, `### Metrics of ${program}`))
    .map((row) => [row['Name'] ?? '', row['Labels']?.match(/[a-z_]+/g) ?? []] as const);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ofNode = (registry.getMetricsAsArray() as unknown as { readonly name: string; readonly labelNames: readonly string[] }[]).map(
    ({ name, labelNames }) => [name, labelNames] as const,
  );
  return new Map([...documented, ...ofNode]);
}
