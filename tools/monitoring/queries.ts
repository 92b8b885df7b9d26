import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from '../processes/workspace';

/** The folder with dashboard and alerts. */
export const MONITORING = path.join(workspaceRoot, 'deploy/chart/files/monitoring');

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** A rules file of Prometheus. */
export interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  /** Absent in a row. */
  readonly targets?: readonly Target[];
}

export interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
}

const read = (name: string): string => readFileSync(path.join(MONITORING, name), 'utf8');

export const readRules = (): Rules => parse(read('alerts.yaml')) as Rules;

export const readDashboard = (): Dashboard => JSON.parse(read('dashboard.json')) as Dashboard;

/** Returns the queries of a dashboard as Grafana sends them when everything is selected. */
export function dashboardQueries({ panels }: Dashboard): { readonly title: string; readonly query: string }[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => ({
      title: `${title} ${refId}`,
      query: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:namespace|connector)\b/g, '.*'),
    })),
  );
}

/** A metric in a query, without the suffix of a part of a histogram, and the labels of its selector. */
export interface UsedMetric {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Returns the metrics that a query selects. */
export function metricsIn(query: string): UsedMetric[] {
  return [...query.matchAll(/\b((?:connectors|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', selector = '']) => ({
    name: name.replace(/_(?:bucket|sum|count)$/, ''),
    labels: [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

/** Returns the labels by which a query groups or joins. */
export function groupLabelsIn(query: string): string[] {
  return [...query.matchAll(/\b(?:by|on|group_left) \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
}
