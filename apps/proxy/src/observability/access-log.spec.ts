import { createLogger } from '@oci-connector/runtime';
import { CapturedLog, ManualClock } from '@oci-connector/testing-kit';
import { Transfer } from '../transfer/transfer';
import { ProxyError } from '../proxy.errors';
import { AccessLog } from './access-log';
import { type AccessRecord } from './access-record';

describe('log entries that a flood can cause', () => {
  let clock: ManualClock;
  let captured: CapturedLog;
  let log: AccessLog;

  beforeEach(() => {
    clock = new ManualClock();
    captured = new CapturedLog();
    log = new AccessLog(createLogger({ name: 'proxy', level: 'info', destination: captured }), clock);
  });

  afterEach(() => log.close());

  function finish(status: number, record: Partial<AccessRecord>, times = 1): void {
    for (let time = 0; time < times; time += 1) {
      log.finished({ method: 'GET', mode: 'reverse', peer: '10.0.0.1', startedAt: 0, ...record }, new Transfer(() => 0), {
        status,
        durationMs: 1,
      });
    }
  }

  it('are limited to ten of a kind in each second, and one line counts the others exactly', () => {
    finish(401, { code: 'Unauthenticated' }, 1_000);
    finish(503, { code: 'ReviewUnavailable', error: new Error('no answer') }, 500);
    for (let time = 0; time < 300; time += 1) {
      log.rejected('10.0.0.1', new ProxyError('RequestMalformed', 'no HTTP'));
    }
    expect(captured.entries.map(({ code }) => code)).toEqual([
      ...Array<string>(10).fill('Unauthenticated'),
      ...Array<string>(10).fill('ReviewUnavailable'),
      ...Array<string>(10).fill('RequestMalformed'),
    ]);
    clock.advance(1_000);
    finish(401, { code: 'Unauthenticated' }, 5);
    expect(captured.entries).toHaveLength(35);
    log.close();
    log.close();
    expect(captured.entries.slice(35)).toEqual([
      expect.objectContaining({ unlogged: { Unauthenticated: 990, ReviewUnavailable: 490, 'rejected RequestMalformed': 290 } }),
    ]);
  });

  it('are counted in a line ten seconds after the first that was left out, and in no line if none was', () => {
    finish(401, { code: 'Unauthenticated' }, 10);
    expect(clock.timers).toEqual([]);
    finish(401, { code: 'Unauthenticated' }, 2);
    clock.advance(9_999);
    expect(captured.entries).toHaveLength(10);
    clock.advance(1);
    expect(captured.entries.slice(10)).toEqual([expect.objectContaining({ unlogged: { Unauthenticated: 2 } })]);
    expect(clock.timers).toEqual([]);
  });

  it('are all written for a known client, with the error in ten of them', () => {
    const client = 'team/ci';
    finish(200, { client }, 50);
    finish(403, { client, code: 'PermissionDenied', error: new Error('no') }, 50);
    finish(502, { client, code: 'UpstreamUnreachable', error: new Error('refused') }, 50);
    expect(captured.entries).toHaveLength(150);
    expect(captured.entries.filter(({ err }) => err !== undefined)).toHaveLength(10);
    expect(captured.entries.slice(100).every(({ level, code }) => level === 'warn' && code === 'UpstreamUnreachable')).toBe(true);
  });
});
