import { readFileSync } from 'node:fs';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { ReviewUnavailableError } from '@oci-connector/kube';
import { createLogger, describeSettings } from '@oci-connector/runtime';
import { CapturedLog, collidingLabels, documentedMetrics, readTable, registeredMetrics } from '@oci-connector/testing-kit';
import { Registry } from 'prom-client';
import { CsiSettings } from '../csi.config';
import { statusOf, VOLUME_CODES } from '../rpc/grpc-status';
import { logCall } from './call-log';
import { type CallRecord } from './call-record';
import { CsiMetrics } from './csi-metrics';

const TEXT = readFileSync(path.join(__dirname, '../../../../docs/operations.md'), 'utf8');

/** Fields of every log line. */
const COMMON = ['level', 'time', 'program', 'msg', 'err'];

/** Fields of a line about a call that had problems. */
const OF_PROBLEMS = ['reasons', 'messages'];

const RECORD: Required<CallRecord> = {
  method: 'NodePublishVolume',
  volume: 'csi-1',
  pod: 'a/b',
  client: 'a/b',
  connectors: 'a/b',
  outcome: 'kept',
  problems: [{ reason: 'Internal', error: new Error('boom') }],
};

describe('docs/operations.md', () => {
  it('has every field of a call, and no other', () => {
    const destination = new CapturedLog();
    logCall(createLogger({ name: 'csi', level: 'info', destination }), RECORD, { code: 'OK', durationMs: 1, quiet: false });
    const logged = Object.keys(destination.entries[0] ?? {}).filter((name) => !COMMON.includes(name));
    expect(readTable(TEXT, '### Fields of a call').map((row) => row['Field'])).toEqual(logged);
    const example = JSON.parse(
      TEXT.split('\n').find((text) => text.startsWith('{"level"') && text.includes('connectors-csi')) ?? '',
    ) as object;
    expect(Object.keys(example).filter((name) => !COMMON.includes(name))).toEqual(logged.filter((name) => !OF_PROBLEMS.includes(name)));
  });

  const metrics = new Registry();
  new CsiMetrics(metrics, { size: 0, staleness: 0 });

  it('has every metric with its type and labels, and no other', async () => {
    expect(documentedMetrics(TEXT, '### Metrics of the CSI driver')).toEqual(await registeredMetrics(metrics));
  });

  it('has no metric with a label that Prometheus sets for its target', () => {
    expect(collidingLabels(metrics)).toEqual([]);
  });

  it('has every reason with its status, and no other', () => {
    const other = [new ReviewUnavailableError('x'), new Error('x')].map(statusOf);
    const reasons = [...Object.entries(VOLUME_CODES), ...other.map(({ reason, code }) => [reason, code] as const)];
    const documented = readTable(TEXT, '## Why a volume is not mounted').map((row) => [row['Reason'], row['gRPC status']]);
    expect(documented).toEqual(reasons.map(([reason, code]) => [reason, status[code]]));
  });

  it('names settings that exist', () => {
    const existing = describeSettings(CsiSettings).map(({ name }) => name);
    const named = [...TEXT.matchAll(/…(_CSI_[A-Z_]+)/g)].map(([, name]) => `OCI_CONNECTOR${name}`);
    expect(named.filter((name) => !existing.includes(name))).toEqual([]);
  });
});
