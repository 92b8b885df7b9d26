import { createLogger } from '@oci-connector/runtime';
import { CapturedLog } from '@oci-connector/testing-kit';
import { logCall } from './call-log';
import { type CallRecord } from './call-record';

/** Returns the log line about a call; undefined when the level suppresses it. */
function lineOf(record: Partial<CallRecord>, { level = 'debug', quiet = false } = {}): Record<string, unknown> | undefined {
  const destination = new CapturedLog();
  logCall(
    createLogger({ name: 'csi', level, destination }),
    { method: 'NodePublishVolume', ...record },
    { code: 'OK', durationMs: 1, quiet },
  );
  return destination.entries[0];
}

describe('logCall', () => {
  it('logs every problem, and the whole error of the first', () => {
    const problems = [
      { reason: 'AccessDenied', error: new Error('may not use a/one') },
      { reason: 'ConnectorNotFound', error: new Error('connector "a/two" not found') },
      { reason: 'Internal', error: 'a text' },
    ];
    expect(lineOf({ outcome: 'kept', problems })).toMatchObject({
      level: 'warn',
      reasons: ['AccessDenied', 'ConnectorNotFound', 'Internal'],
      messages: ['may not use a/one', 'connector "a/two" not found', 'a text'],
      err: { message: 'may not use a/one', stack: expect.any(String) as string },
    });
  });

  it.each([
    ['that mounts a volume', { outcome: 'published' }, false, 'info'],
    ['that replaces files', { outcome: 'swapped' }, false, 'info'],
    ['that changes nothing, once a minute for each volume', { outcome: 'unchanged' }, false, 'debug'],
    ['that concerns no volume', {}, true, 'debug'],
  ] as const)('logs a call %s at its level', (_what, record, quiet, level) => {
    expect(lineOf(record, { quiet })).toMatchObject({ level });
    expect(lineOf(record, { quiet, level: 'info' }) === undefined).toBe(level === 'debug');
  });
});
