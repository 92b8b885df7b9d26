import { KubeApiError, KubeUnreachableError } from '@oci-connector/kube';
import { ManualClock } from '@oci-connector/testing-kit';
import { CheckReport, type CheckResult } from './check-report';
import { failed, type Outcome, passed } from './outcome';

describe('CheckReport', () => {
  let clock: ManualClock;
  let told: string[];
  let results: CheckResult[];
  let report: CheckReport;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    results = [];
    report = new CheckReport({ clock, timeoutMs: 5_000, onResult: (result) => results.push(result), onSlow: (check) => told.push(check) });
  });

  it('gives the values of earlier checks to those that need them, and skips those whose needs have not passed', async () => {
    const one = await report.check('connector', {}, async () => passed('fine', 1));
    const two = await report.check('class', { one }, async (known) => passed('fine, too', known.one + 1));
    const three = await report.check('secret', { one, two }, async (known): Promise<Outcome<number>> =>
      failed(`it is ${known.two}`, 'TooBig'),
    );
    const four = await report.check('dns', { three }, async () => passed('never', undefined));
    await report.check('tcp', { one, four }, async () => passed('never', undefined));
    expect(results).toEqual([
      { check: 'connector', state: 'passed', message: 'fine' },
      { check: 'class', state: 'passed', message: 'fine, too' },
      { check: 'secret', state: 'failed', message: 'it is 2', reason: 'TooBig' },
      { check: 'dns', state: 'skipped', message: 'needs the check secret, which failed' },
      { check: 'tcp', state: 'skipped', message: 'needs the check dns, which was skipped' },
    ]);
    expect(report.results).toEqual(results);
  });

  it('tells of a check that takes longer than two seconds, and only of that one', async () => {
    await report.check('connector', {}, async () => passed('fast', undefined));
    await report.check('dns', {}, async () => {
      clock.advance(1_999);
      expect(told).toEqual([]);
      clock.advance(1);
      return passed('slow', undefined);
    });
    clock.advance(10_000);
    expect(told).toEqual(['dns']);
  });

  it('ends a check that does not end by itself, a second after its time limit', async () => {
    const check = report.check('connector', {}, () => {
      clock.advance(5_999);
      expect(results).toEqual([]);
      setImmediate(() => clock.advance(1));
      return new Promise<Outcome>(() => undefined);
    });
    await check;
    const message = 'did not end within 5 s; if it only needs longer, give it more time with --timeout';
    expect(results).toEqual([{ check: 'connector', state: 'failed', message }]);
  });

  it('skips a check for which the user lacks a permission, and passes on other errors of the API server', async () => {
    const forbidden = new KubeApiError(403, { reason: 'Forbidden', message: 'secrets is forbidden' }, 'GET /secrets');
    await report.check('secret', {}, () => Promise.reject(forbidden));
    expect(results).toEqual([{ check: 'secret', state: 'skipped', message: 'you lack a permission: secrets is forbidden' }]);
    await expect(report.check('class', {}, () => Promise.reject(new KubeUnreachableError('no route')))).rejects.toThrow('no route');
  });

  it('escapes what would confuse a terminal, and shortens long messages', async () => {
    await report.check('registry', {}, async () => failed(`a\u001b[31m${'x'.repeat(10_000)}`));
    expect(results[0]?.message).toHaveLength(2_049);
    expect(results[0]?.message).toMatch(/^a\\u001b\[31mx+…$/);
  });
});
