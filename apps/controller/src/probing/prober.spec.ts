import { setImmediate as turn } from 'node:timers/promises';
import { PASSED, failed, unknown, type Finding } from '@oci-connector/diagnosis';
import { ManualClock } from '@oci-connector/testing-kit';
import { Prober, type ProbeRequest } from './prober';

const MINUTE = 60_000;
const refused: Finding = { ...failed('AuthenticationFailed', 'no'), credentialRefused: true };

/** A server that answers when the test says so. */
class Oracle {
  readonly asked: string[] = [];
  readonly #waiting: { name: string; resolve: (finding: Finding) => void }[] = [];

  request(name: string, options: Partial<ProbeRequest> = {}): ProbeRequest {
    const run = (): Promise<Finding> => {
      this.asked.push(name);
      return new Promise((resolve) => this.#waiting.push({ name, resolve }));
    };
    return { kind: 'liveness', key: name, revision: '1', run, ...options };
  }

  async answer(finding: Finding = PASSED): Promise<void> {
    for (const { resolve } of this.#waiting.splice(0)) {
      resolve(finding);
    }
    await turn();
  }
}

describe('the prober', () => {
  let clock: ManualClock;
  let oracle: Oracle;
  let notified: string[];
  let prober: Prober;

  function start(concurrency = 10): void {
    clock = new ManualClock(0);
    oracle = new Oracle();
    notified = [];
    const periods = { liveness: MINUTE, credential: 10 * MINUTE, refused: 30 * MINUTE };
    prober = new Prober({ periods, concurrency, clock, random: () => 0.5 });
    prober.onChange((owner) => notified.push(owner));
  }

  beforeEach(() => start());
  afterEach(async () => {
    const stopped = prober.stop();
    await oracle.answer();
    await stopped;
  });

  it('has no answer at first, and notifies the owner of the first one', async () => {
    expect(prober.ask('a', oracle.request('host'))).toBeUndefined();
    expect(notified).toEqual([]);
    await oracle.answer();
    expect(notified).toEqual(['a']);
    expect(prober.ask('a', oracle.request('host'))).toEqual(PASSED);
    expect(oracle.asked).toEqual(['host']);
  });

  it('probes again after its period, and notifies the owner only of changes', async () => {
    prober.ask('a', oracle.request('host'));
    await oracle.answer();
    clock.advance(MINUTE - 1);
    expect(oracle.asked).toHaveLength(1);
    clock.advance(1);
    await oracle.answer();
    expect(oracle.asked).toHaveLength(2);
    expect(notified).toEqual(['a']);
    clock.advance(MINUTE);
    await oracle.answer(failed('ConnectionFailed', 'gone'));
    expect(notified).toEqual(['a', 'a']);
  });

  it('probes again for a new owner, or after a change, when the last failure was not a refusal', async () => {
    const gone = failed('ConnectionFailed', 'gone');
    prober.ask('a', oracle.request('host', { kind: 'credential' }));
    await oracle.answer(gone);
    expect(prober.ask('a', oracle.request('host', { kind: 'credential' }))).toEqual(gone);
    expect(oracle.asked).toHaveLength(1);
    prober.ask('b', oracle.request('host', { kind: 'credential' }));
    expect(oracle.asked).toHaveLength(2);
    await oracle.answer();
    expect(notified).toEqual(['a', 'a', 'b']);
    prober.ask('c', oracle.request('host', { kind: 'credential' }));
    prober.ask('a', oracle.request('host', { kind: 'credential', revision: '2' }));
    expect(oracle.asked).toHaveLength(2);
  });

  it('sends no probe during Retry-After, even for a new owner or after a change', async () => {
    const busy: Finding = { ...unknown('Throttled', 'busy'), retryAfterMs: 5 * MINUTE };
    prober.ask('a', oracle.request('host'));
    await oracle.answer(busy);
    expect(prober.ask('b', oracle.request('host'))).toEqual(busy);
    prober.ask('a', oracle.request('host', { revision: '2' }));
    clock.advance(5 * MINUTE - 1);
    expect(oracle.asked).toHaveLength(1);
    clock.advance(MINUTE);
    expect(oracle.asked).toHaveLength(2);
  });

  it('sends one probe for all owners with the same question', async () => {
    const owners = ['a', 'b', 'c'];
    for (const owner of owners) {
      prober.ask(owner, oracle.request('host'));
    }
    await oracle.answer();
    expect(oracle.asked).toEqual(['host']);
    expect(notified).toEqual(owners);
    expect(prober.ask('d', oracle.request('host'))).toEqual(PASSED);
    expect(oracle.asked).toEqual(['host']);
  });

  it('probes liveness and credential separately', () => {
    prober.ask('a', oracle.request('host'));
    prober.ask('a', oracle.request('host', { kind: 'credential' }));
    expect(oracle.asked).toEqual(['host', 'host']);
  });

  it('stops probing when no owner is left', async () => {
    prober.ask('a', oracle.request('host'));
    prober.ask('b', oracle.request('host'));
    await oracle.answer();
    prober.forget('a', 'liveness');
    expect(clock.timers).toHaveLength(1);
    prober.forget('b', 'liveness');
    expect(clock.timers).toHaveLength(0);
  });

  it('drops the former question of an owner that asks another', async () => {
    prober.ask('a', oracle.request('old'));
    await oracle.answer();
    expect(prober.ask('a', oracle.request('new'))).toBeUndefined();
    await oracle.answer();
    clock.advance(MINUTE);
    expect(oracle.asked).toEqual(['old', 'new', 'new']);
  });

  describe('after a refused credential', () => {
    const credential = (revision: string): ProbeRequest => oracle.request('host', { kind: 'credential', revision });

    beforeEach(async () => {
      prober.ask('a', credential('1'));
      await oracle.answer(refused);
    });

    it('does not probe again for half an hour', async () => {
      for (let reconcile = 0; reconcile < 20; reconcile++) {
        prober.ask('a', credential('1'));
      }
      clock.advance(30 * MINUTE - 1);
      expect(oracle.asked).toHaveLength(1);
      clock.advance(2 * MINUTE);
      expect(oracle.asked).toHaveLength(2);
    });

    it('probes again immediately when the revision changed', async () => {
      expect(prober.ask('a', credential('2'))).toEqual(refused);
      expect(oracle.asked).toHaveLength(2);
      await oracle.answer();
      expect(prober.ask('a', credential('2'))).toEqual(PASSED);
    });

    it('sends no probe for another owner of the same credential', () => {
      expect(prober.ask('b', credential('7'))).toEqual(refused);
      expect(oracle.asked).toHaveLength(1);
    });

    it('probes once more when the revision changed again during the probe', async () => {
      prober.ask('a', credential('2'));
      prober.ask('a', credential('3'));
      expect(oracle.asked).toHaveLength(2);
      await oracle.answer(refused);
      expect(oracle.asked).toHaveLength(3);
    });
  });

  it('runs first probes before repeated ones, the newest first, within the concurrency', async () => {
    start(1);
    prober.ask('known', oracle.request('known'));
    await oracle.answer();
    prober.ask('slow', oracle.request('slow'));
    clock.advance(MINUTE);
    prober.ask('first', oracle.request('first'));
    prober.ask('second', oracle.request('second'));
    expect(oracle.asked).toEqual(['known', 'slow']);
    for (let answers = 0; answers < 3; answers++) {
      await oracle.answer();
    }
    expect(oracle.asked).toEqual(['known', 'slow', 'second', 'first', 'known']);
  });

  it('does not run a queued probe without owners', async () => {
    start(1);
    prober.ask('a', oracle.request('slow'));
    prober.ask('b', oracle.request('gone'));
    prober.forget('b', 'liveness');
    await oracle.answer();
    expect(oracle.asked).toEqual(['slow']);
  });

  it('answers Unknown when a check throws, without the text of the error', async () => {
    const errors: unknown[] = [];
    prober = new Prober({
      periods: { liveness: MINUTE, credential: MINUTE, refused: MINUTE },
      concurrency: 1,
      hooks: { onError: (_kind, error) => errors.push(error) },
      clock,
      random: () => 0.5,
    });
    prober.onChange((owner) => notified.push(owner));
    const request = oracle.request('host', { run: () => Promise.reject(new Error('bug with a secret')) });
    prober.ask('a', request);
    await turn();
    const finding = prober.ask('a', request);
    expect(finding).toMatchObject({ outcome: 'unknown', reason: 'Checking' });
    expect(finding?.message).not.toContain('secret');
    expect(errors).toHaveLength(1);
  });

  it('drops queued probes when it is stopped, and waits for running ones', async () => {
    start(1);
    prober.ask('a', oracle.request('slow'));
    prober.ask('b', oracle.request('waiting'));
    let isStopped = false;
    const stopped = prober.stop().then(() => (isStopped = true));
    await turn();
    expect(isStopped).toBe(false);
    await oracle.answer();
    await stopped;
    expect(oracle.asked).toEqual(['slow']);
  });

  it('notifies no owner after it was stopped', async () => {
    prober.ask('a', oracle.request('host'));
    const stopped = prober.stop();
    await oracle.answer();
    await stopped;
    expect(notified).toEqual([]);
    expect(clock.timers).toEqual([]);
  });
});
