import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createLogger, describeSettings } from '@oci-connector/runtime';
import { CapturedLog, ManualClock, collidingLabels, documentedMetrics, readTable, registeredMetrics } from '@oci-connector/testing-kit';
import { Registry } from 'prom-client';
import { ProxySettings } from '../proxy.config';
import { Transfer } from '../transfer/transfer';
import { AccessLog } from './access-log';
import { type AccessRecord } from './access-record';
import { ProxyMetrics } from './proxy-metrics';

const TEXT = readFileSync(path.join(__dirname, '../../../../docs/operations.md'), 'utf8');

/** Fields of every log line. */
const COMMON = ['level', 'time', 'program', 'msg'];

const RECORD: Required<AccessRecord> = {
  method: 'GET',
  peer: '10.0.0.1',
  mode: 'reverse',
  startedAt: 0,
  host: 'files.example:443',
  route: '/v2/',
  connector: 'a/b',
  labelConnector: true,
  registry: 'https://registry.example',
  client: 'a/b',
  pod: 'a/pod',
  podUid: '0f9e',
  verb: 'get',
  action: 'pull',
  repository: 'a',
  reference: 'v1',
  digest: 'sha256:0a',
  upstreamStatus: 200,
  switched: 101,
  code: 'Internal',
  truncated: false,
  error: new Error('boom'),
};

describe('docs/operations.md', () => {
  it('documents every field of the access log, and no other', () => {
    const destination = new CapturedLog();
    new AccessLog(createLogger({ name: 'proxy', level: 'info', destination }), new ManualClock()).finished(RECORD, new Transfer(() => 0), {
      status: 500,
      durationMs: 1,
    });
    const logged = Object.keys(destination.entries[0] ?? {});
    const documented = readTable(TEXT, '### Fields of a request').map((row) => row['Field']);
    expect(documented).toEqual(logged.filter((name) => ![...COMMON, 'err'].includes(name)));

    const example = JSON.parse(TEXT.split('\n').find((text) => text.startsWith('{"level"')) ?? '') as object;
    // The example is a request to the reverse proxy that succeeded.
    expect(logged.filter((name) => !['code', 'err', 'host'].includes(name))).toEqual(Object.keys(example));
  });

  const metrics = new Registry();
  new ProxyMetrics(metrics, { transfersInFlight: () => 0, connectorExists: () => true, maxConnectors: 1 });

  it('documents every metric with its type and labels, and no other', async () => {
    expect(documentedMetrics(TEXT, '### Metrics of the proxy')).toEqual(await registeredMetrics(metrics));
  });

  it('documents no metric with a label that Prometheus sets for its target', () => {
    expect(collidingLabels(metrics)).toEqual([]);
  });

  it('names only settings that exist', () => {
    const existing = describeSettings(ProxySettings).map(({ name }) => name);
    const named = [...TEXT.matchAll(/…(_PROXY_[A-Z_]+)/g)].map(([, name]) => `OCI_CONNECTOR${name}`);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !existing.includes(name))).toEqual([]);
  });
});
