import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { knownMetrics } from '../../monitoring/known-metrics';
import { dashboardQueries, metricsIn, readDashboard, readRules } from '../../monitoring/queries';
import { until } from '../../processes/until';
import { Checks, expectEqual } from '../checks';
import { NAMESPACE } from '../connector-names';
import { BROKEN, MonitoredInstallation, POD, REPOSITORIES, WORKING } from '../monitoring/monitored-installation';
import { type ActiveAlert, Prometheus } from '../monitoring/prometheus';
import { startProduct } from '../start-product';
import { type Suite } from './suite';

/** Time for an alert to fire, and for a query to return data, in milliseconds. */
const PATIENCE_MS = 20_000;

/** The alerts that the faults of the installation cause, and the labels that name the fault. */
const CAUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ConnectorNotReady: { connector_namespace: NAMESPACE, connector_name: BROKEN },
  ConnectorNotSetUp: { connector_namespace: NAMESPACE, connector_name: BROKEN },
  ConnectorLimitReached: { connector_namespace: NAMESPACE, connector_name: WORKING },
  ConnectorVolumesNotMounted: { pod: 'csi-1' },
};

const NOT_REGISTERED = 'ConnectorsDriverNotRegistered';

/** A real Prometheus scrapes the three programs, which have traffic and faults. */
export const monitoringSuite: Suite = {
  async run(context) {
    const checks = new Checks();
    const product = await context.product(() => startProduct(context));
    const installation = await MonitoredInstallation.start(context, product);
    const prometheus = await Prometheus.start(context.group, path.join(context.directory, 'prometheus'), [
      { adminUrl: product.controller.adminUrl, job: 'connectors-controller', pod: 'controller-1' },
      { adminUrl: installation.proxy.adminUrl, job: 'connectors-proxy', pod: 'proxy-1' },
      { adminUrl: installation.driver.adminUrl, job: 'connectors-csi', pod: 'csi-1' },
    ]);
    await installation.begin();
    await checks.part('dashboard', () => checkDashboard(checks, prometheus));
    await checks.part('alerts', () => checkAlerts(checks, prometheus, installation));
    await checks.check('the traffic succeeded', () => installation.stop());
    await checks.check("the proxy's log is an audit log: a push has the pod, the registry and the digest", () =>
      checkAudit(installation.proxy.logFile),
    );
    return checks.result;
  },
};

async function checkDashboard(checks: Checks, prometheus: Prometheus): Promise<void> {
  const queries = dashboardQueries(readDashboard());
  for (const { title, query } of queries) {
    await checks.check(`dashboard: ${title} returns data`, () =>
      until(PATIENCE_MS, async () => {
        const values = await prometheus.query(query);
        if (!values.some(Number.isFinite)) {
          throw new Error(`no number from ${query}: ${values.join(', ')}`);
        }
      }),
    );
  }
  await checks.check('the programs export every metric of dashboard, alerts and documentation', async () => {
    const exported = await prometheus.metrics();
    const expressions = [...queries.map(({ query }) => query), ...readRules().groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))];
    const own = [...knownMetrics().keys()].filter((name) => name.startsWith('connectors_'));
    const wanted = [...own, ...expressions.flatMap((expression) => metricsIn(expression).map(({ name }) => name))];
    expectEqual(
      [...new Set(wanted)].filter((name) => !exported.has(name)),
      [],
      'metrics that no program exports',
    );
  });
}

async function checkAlerts(checks: Checks, prometheus: Prometheus, installation: MonitoredInstallation): Promise<void> {
  for (const [name, labels] of Object.entries(CAUSED)) {
    await checks.check(`${name} fires`, () => fires(prometheus, name, labels));
  }
  await checks.check('no other alert fires', async () => {
    const others = (await firing(prometheus)).filter(({ labels }) => !isCaused(labels));
    expectEqual(
      others.map(({ labels }) => labels),
      [],
      'alerts',
    );
  });
  await checks.check(`${NOT_REGISTERED} fires when the kubelet refuses the driver, and ends when it accepts it`, async () => {
    await installation.kubelet.refuse('the testbed refuses it');
    await fires(prometheus, NOT_REGISTERED, { pod: 'csi-1' });
    await installation.kubelet.register();
    await until(PATIENCE_MS, async () => {
      const left = (await prometheus.alerts()).filter(({ labels }) => labels['alertname'] === NOT_REGISTERED);
      expectEqual(left.length, 0, NOT_REGISTERED);
    });
  });
  await checks.check('Prometheus evaluates every rule', async () => {
    const rules = await prometheus.rules();
    expectEqual(rules.length, 2 * readRules().groups.flatMap((group) => group.rules).length, 'rules');
    const faults = rules.filter(({ health }) => health !== 'ok').map(({ name, health, lastError }) => ({ name, health, lastError }));
    expectEqual(faults, [], 'rules that are not evaluated');
  });
}

async function firing(prometheus: Prometheus): Promise<ActiveAlert[]> {
  return (await prometheus.alerts()).filter(({ state }) => state === 'firing');
}

async function fires(prometheus: Prometheus, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  await until(PATIENCE_MS, async () => {
    const alerts = (await firing(prometheus)).filter((alert) => alert.labels['alertname'] === name);
    const alert = alerts.find((candidate) => matches(candidate.labels, labels));
    if (!alert) {
      throw new Error(
        `${name} does not fire for ${JSON.stringify(labels)}; it fires for ${JSON.stringify(alerts.map((one) => one.labels))}`,
      );
    }
    expectEqual(alert.annotations['runbook_url'], `docs/operations.md#${name.toLowerCase()}`, 'runbook_url');
  });
}

function isCaused(labels: Readonly<Record<string, string>>): boolean {
  const caused = CAUSED[labels['alertname'] ?? ''];
  return caused !== undefined && matches(labels, caused);
}

function matches(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Checks the line of a pushed manifest. The API server itself says which pod the token is bound to. */
async function checkAudit(logFile: string): Promise<void> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.includes(`"repository":"${REPOSITORIES}`));
  const pushes = lines
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter(({ action, method, reference }) => action === 'push' && method === 'PUT' && reference !== undefined);
  const [push] = pushes;
  if (!push) {
    throw new Error(`no manifest of ${REPOSITORIES}… was pushed`);
  }
  const { client, pod, connector, registry, verb, reference, status } = push;
  expectEqual(
    { client, pod, connector, registry, verb, reference, status },
    {
      client: `${NAMESPACE}/builder`,
      pod: `${NAMESPACE}/${POD}`,
      connector: `${NAMESPACE}/${WORKING}`,
      registry: 'https://dist3-token.registry.example',
      verb: 'update',
      reference: 'v1',
      status: 201,
    },
    'the line of a push',
  );
  for (const [field, form] of [
    ['podUid', /^[0-9a-f-]{36}$/],
    ['digest', /^sha256:[0-9a-f]{64}$/],
  ] as const) {
    if (!form.test(String(push[field]))) {
      throw new Error(`${field} is ${JSON.stringify(push[field])}`);
    }
  }
}
