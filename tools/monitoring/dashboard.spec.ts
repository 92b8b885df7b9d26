import { knownMetrics } from './known-metrics';
import { dashboardQueries, groupLabelsIn, metricsIn, type Panel, readDashboard } from './queries';

/** Labels that a scrape adds. */
const TARGET_LABELS = ['job', 'instance', 'namespace', 'pod'];

const dashboard = readDashboard();
const queries = dashboardQueries(dashboard);

function overlap({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

describe('deploy/chart/files/monitoring/dashboard.json', () => {
  it('can be imported: it has no ID of a Grafana, and every query uses the data source of the variable', () => {
    expect(dashboard.id).toBeNull();
    expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);
    expect(new Set(targets.map(({ datasource }) => datasource.uid))).toEqual(new Set(['${datasource}']));
  });

  it('has panels with titles and queries, which do not overlap', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const overlapping = dashboard.panels.flatMap((panel, index) =>
      dashboard.panels.slice(index + 1).filter((other) => overlap(panel, other)),
    );
    expect(overlapping).toEqual([]);
    const empty = dashboard.panels.filter(({ type, title, targets = [] }) => title === '' || (type !== 'row' && targets.length === 0));
    expect(empty).toEqual([]);
    expect(dashboard.panels.filter(({ gridPos }) => gridPos.x + gridPos.w > 24)).toEqual([]);
  });

  const known = knownMetrics();

  it.each(queries.map(({ title, query }) => [title, query]))('%s uses only existing metrics and labels', (_title, query = '') => {
    const used = metricsIn(query);
    expect(used.length).toBeGreaterThan(0);
    for (const { name, labels } of used) {
      expect([...known.keys()]).toContain(name);
      expect(known.get(name)).toEqual(expect.arrayContaining([...labels]));
    }
    const possible = new Set(['le', ...TARGET_LABELS, ...used.flatMap(({ name }) => known.get(name) ?? [])]);
    expect(groupLabelsIn(query).filter((label) => !possible.has(label))).toEqual([]);
    expect(query).not.toContain('$');
  });

  it('shows every metric of the programs', () => {
    const shown = new Set(queries.flatMap(({ query }) => metricsIn(query).map(({ name }) => name)));
    const own = [...known.keys()].filter((name) => name.startsWith('connectors_'));
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has variables that use existing metrics and labels', () => {
    const definitions = dashboard.templating.list.flatMap(({ definition = '' }) => metricsIn(definition));
    expect(definitions).toHaveLength(2);
    expect(definitions.map(({ name }) => known.get(name))).toEqual([
      expect.arrayContaining(['connector_namespace', 'connector_name']),
      expect.arrayContaining(['connector_namespace', 'connector_name']),
    ]);
  });
});
