import { SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { type Secret } from '@oci-connector/kube';
import { ROTATED_AT_ANNOTATION, nextSealingStep, sealingData } from './sealing-rotation';

const now = Date.parse('2026-01-02T00:00:00Z');
const key = Buffer.alloc(32, 1).toString('base64');
const other = Buffer.alloc(32, 2).toString('base64');

function secret(data: Record<string, string>, rotatedAt?: number): Secret {
  const annotations = rotatedAt === undefined ? undefined : { [ROTATED_AT_ANNOTATION]: new Date(rotatedAt).toISOString() };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'connectors-proxy-sealing', annotations }, data };
}

const keys = { current: key, previous: other };

describe('the next step of the sealing key', () => {
  const table: [string, Secret | undefined, object][] = [
    ['is missing', undefined, { kind: 'create' }],
    ['lacks the previous key', secret({ current: key }, now), { kind: 'create' }],
    ['has a short key', secret({ current: 'c2hvcnQ=', previous: key }, now), { kind: 'create' }],
    ['is young', secret(keys, now - 1), { kind: 'wait', until: now - 1 + SEALING_PERIOD_MS }],
    ['is a day old', secret(keys, now - SEALING_PERIOD_MS), { kind: 'rotate' }],
    ['has no date', secret(keys), { kind: 'rotate' }],
  ];
  it.each(table)('when the Secret %s', (_name, existing, step) => {
    expect(nextSealingStep(now, existing)).toEqual(step);
  });

  it('keeps the current key as the previous one', () => {
    const data = sealingData('rotate', secret(keys));
    expect(data['previous']).toBe(key);
    expect(Buffer.from(data['current'] ?? '', 'base64')).toHaveLength(32);
    expect(data['current']).not.toBe(key);
  });

  it('creates two different keys', () => {
    const data = sealingData('create', undefined);
    expect(new Set(Object.values(data)).size).toBe(2);
    expect(Object.values(data).map((value) => Buffer.from(value, 'base64').length)).toEqual([32, 32]);
  });
});
