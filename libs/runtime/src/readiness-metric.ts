import { Gauge, type Registry } from 'prom-client';
import { type Readiness } from './readiness';

/** Registers the metric with the lines of /readyz, for alerts: the kubelet asks /readyz, but keeps no answer. */
export function readinessMetric(registry: Registry, readiness: Readiness, program: string): void {
  new Gauge({
    name: 'connectors_ready',
    help: '1 for each check of /readyz that passes, 0 for each that fails.',
    labelNames: ['program', 'check'],
    registers: [registry],
    collect(): void {
      for (const { name, problem } of readiness.report()) {
        this.set({ program, check: name }, problem === undefined ? 1 : 0);
      }
    },
  });
}
