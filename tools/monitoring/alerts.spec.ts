import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { parse } from 'yaml';

interface Rules {
  readonly groups: readonly { readonly rules: readonly Alert[] }[];
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface RuleTests {
  readonly tests: readonly {
    readonly input_series: readonly { readonly series: string }[];
    readonly alert_rule_test: readonly RuleTest[];
  }[];
}

interface RuleTest {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const read = (...parts: string[]): string => readFileSync(path.join(__dirname, '..', '..', ...parts), 'utf8');
const OPERATIONS = read('docs', 'operations.md');
const ALERTS = (parse(read('deploy', 'monitoring', 'alerts.yaml')) as Rules).groups.flatMap(({ rules }) => rules);
const { tests } = parse(read('deploy', 'monitoring', 'alerts.test.yaml')) as RuleTests;

/** Labels of each metric in docs/operations.md. The specs of the programs compare that page with the code. */
const METRICS = new Map(
  ['proxy', 'controller', 'CSI driver']
    .flatMap((program) => readTable(OPERATIONS, `### Metrics of the ${program}`))
    .map((row) => [row['Name'] ?? '', row['Labels']?.match(/[a-z_]+/g) ?? []]),
);

describe('deploy/monitoring/alerts.yaml', () => {
  it('contains the alerts that docs/operations.md explains', () => {
    const documented = readTable(OPERATIONS, '## Alerts').map((row) => [row['Alert'], row['Severity']]);
    expect(ALERTS.map(({ alert, labels }) => [alert, labels.severity])).toEqual(documented);
  });

  it.each(ALERTS.map((alert) => [alert.alert, alert] as const))('%s uses only existing metrics and labels', (_name, { expr }) => {
    const used = [...expr.matchAll(/\b(connectors_[a-z_]+)(?:\{([^}]*)\})?/g)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, name = '', matchers = ''] of used) {
      expect([...METRICS.keys()]).toContain(name);
      const labels = [...matchers.matchAll(/([a-z_]+)=/g)].map(([, label]) => label);
      expect(METRICS.get(name)).toEqual(expect.arrayContaining(labels));
    }
    expect(expr).not.toContain('exported_');
  });

  it.each(ALERTS.map(({ alert }) => alert))('%s has tests in which it fires and does not fire', (name) => {
    const expected = tests.flatMap(({ alert_rule_test: checks }) => checks).filter(({ alertname }) => alertname === name);
    expect(expected.some(({ exp_alerts: alerts }) => alerts.length > 0)).toBe(true);
    expect(expected.some(({ exp_alerts: alerts }) => alerts.length === 0)).toBe(true);
  });

  it('is tested with the labels that a scrape adds', () => {
    const series = tests.flatMap(({ input_series: all }) => all.map(({ series: text }) => text));
    for (const label of ['job', 'instance', 'namespace', 'pod', 'service', 'endpoint', 'container', 'node']) {
      expect(series.filter((text) => !text.includes(`${label}="`))).toEqual([]);
    }
  });
});
