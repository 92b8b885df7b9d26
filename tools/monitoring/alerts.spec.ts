import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { headingsOf } from '../workspace/markdown';
import { knownMetrics, OPERATIONS } from './known-metrics';
import { metricsIn, readRules } from './queries';

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

const ALERTS = readRules().groups.flatMap(({ rules }) => rules);
const NAMES = ALERTS.map(({ alert }) => alert);
const { tests } = parse(readFileSync(path.join(__dirname, 'alerts.test.yaml'), 'utf8')) as RuleTests;

/** Returns name and severity of each runbook. */
function runbooks(): (string | undefined)[][] {
  const [, section = ''] = /^## Alerts\n(.*?)^## /ms.exec(OPERATIONS) ?? [];
  return [...section.matchAll(/^### (\w+)\n\nSeverity: (\w+)\. \S/gm)].map(([, name, severity]) => [name, severity]);
}

describe('deploy/chart/files/monitoring/alerts.yaml', () => {
  it('contains the alerts that have a runbook in docs/operations.md', () => {
    expect(runbooks()).toEqual(ALERTS.map(({ alert, labels }) => [alert, labels.severity]));
  });

  it.each(ALERTS.map((alert) => [alert.alert, alert] as const))('%s links to its runbook', (name, { annotations }) => {
    expect(annotations.runbook_url).toBe(`docs/operations.md#${name.toLowerCase()}`);
    expect(headingsOf(OPERATIONS)).toContainEqual({ level: 3, anchor: name.toLowerCase() });
    expect(annotations.summary.length * annotations.description.length).toBeGreaterThan(0);
  });

  const known = knownMetrics();

  it.each(ALERTS.map((alert) => [alert.alert, alert] as const))('%s uses only existing metrics and labels', (_name, { expr }) => {
    const used = metricsIn(expr);
    expect(used.length).toBeGreaterThan(0);
    for (const { name, labels } of used) {
      expect([...known.keys()]).toContain(name);
      expect(known.get(name)).toEqual(expect.arrayContaining([...labels]));
    }
    expect(expr).not.toContain('exported_');
  });

  it.each(NAMES)('%s has tests in which it fires and does not fire', (name) => {
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
