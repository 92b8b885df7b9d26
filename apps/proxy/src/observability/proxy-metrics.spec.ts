import { Registry } from 'prom-client';
import { Transfer } from '../transfer/transfer';
import { ProxyMetrics } from './proxy-metrics';

describe('ProxyMetrics', () => {
  let registry: Registry;
  let metrics: ProxyMetrics;
  let existing: (connector: string) => boolean;

  beforeEach(() => {
    registry = new Registry();
    existing = () => true;
    metrics = new ProxyMetrics(registry, { transfersInFlight: () => 0, connectorExists: (name) => existing(name), maxConnectors: 2 });
  });

  function request(connector: string, times = 1): void {
    for (let time = 0; time < times; time += 1) {
      const record = { method: 'GET', peer: '', startedAt: 0, connector, labelConnector: true, action: 'pull', upstreamStatus: 200 };
      metrics.finished(record, new Transfer(() => 0), { status: 200, durationMs: 1 });
    }
  }

  /** Returns the number of requests by the labels of the Connector. */
  async function requests(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const line of (await registry.metrics()).split('\n')) {
      const [, namespace, name, count] =
        /^connectors_proxy_requests_total\{connector_namespace="(.*?)",connector_name="(.*?)".*\} (\d+)$/.exec(line) ?? [];
      if (count !== undefined) {
        found[`${namespace}/${name}`] = Number(count);
      }
    }
    return found;
  }

  it('has time series for as many Connectors as allowed, and counts the others together', async () => {
    request('team/first', 3);
    request('team/second', 2);
    for (let number = 0; number < 100; number += 1) {
      request(`team/further-${number}`);
    }
    request('team/first');
    expect(await requests()).toEqual({ 'team/first': 4, 'team/second': 2, '/other': 100 });
    expect(await registry.metrics()).not.toContain('further');
  });

  it('gives the place of a deleted Connector to another one', async () => {
    request('team/first');
    request('team/second');
    await requests();
    existing = (name) => name !== 'team/first';
    await metrics.forget('team/first');
    request('team/first');
    request('team/third');
    request('team/fourth');
    expect(await requests()).toEqual({ 'team/second': 1, 'team/third': 1, '/': 1, '/other': 1 });
  });

  it('gives no place to a Connector that the client may not use', async () => {
    metrics.finished({ method: 'GET', peer: '', startedAt: 0, connector: 'team/secret' }, new Transfer(() => 0), {
      status: 403,
      durationMs: 1,
    });
    request('team/first');
    request('team/second');
    expect(await requests()).toEqual({ '/': 1, 'team/first': 1, 'team/second': 1 });
  });

  it('measures the use of limits at each scrape', async () => {
    let used = 0.25;
    metrics.measureLimit('connections', () => used);
    const line = async (): Promise<string | undefined> =>
      (await registry.metrics()).split('\n').find((text) => text.startsWith('connectors_proxy_limit_usage_ratio'));
    expect(await line()).toBe('connectors_proxy_limit_usage_ratio{limit="connections"} 0.25');
    used = 1;
    expect(await line()).toBe('connectors_proxy_limit_usage_ratio{limit="connections"} 1');
  });
});
