import { ManualClock } from '@oci-connector/testing-kit';
import { PolledSecret, type SecretData } from './polled-secret';

describe('PolledSecret', () => {
  let clock: ManualClock;
  let reads: AbortSignal[];
  let answer: () => Promise<SecretData | undefined>;
  let used: (SecretData | undefined)[];
  let errors: unknown[];
  let secret: PolledSecret;

  beforeEach(() => {
    clock = new ManualClock();
    reads = [];
    used = [];
    errors = [];
    answer = () => Promise.resolve({ a: 'MQ==' });
    secret = new PolledSecret({
      read: (signal) => {
        reads.push(signal);
        return answer();
      },
      use: (data) => {
        if (data === undefined) {
          throw new Error('no Secret');
        }
        used.push(data);
      },
      clock,
      onError: (error) => errors.push(error),
    });
  });

  afterEach(() => secret.stop());

  /** Runs the pending timer, and waits for the read that it starts. */
  async function tick(): Promise<void> {
    clock.advance(clock.timers[0] ?? 0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  it('reads every minute, and every two seconds until the data can be used', async () => {
    answer = () => Promise.resolve(undefined);
    await secret.start();
    expect({ used, errors: String(errors), timers: clock.timers }).toEqual({ used: [], errors: 'Error: no Secret', timers: [2_000] });
    answer = () => Promise.resolve({ a: 'MQ==' });
    await tick();
    expect({ used, timers: clock.timers }).toEqual({ used: [{ a: 'MQ==' }], timers: [60_000] });
    await tick();
    expect(used).toHaveLength(2);
  });

  it('reports a failed read and reads again, at the usual time once there is data', async () => {
    await secret.start();
    answer = () => Promise.reject(new Error('no answer'));
    await tick();
    expect({ errors: String(errors), used, timers: clock.timers }).toEqual({
      errors: 'Error: no answer',
      used: [{ a: 'MQ==' }],
      timers: [60_000],
    });
  });

  it('reads again on demand, once for all callers, and not within the interval', async () => {
    await secret.start();
    await secret.readAgain(1_000);
    expect(reads).toHaveLength(1);
    clock.advance(1_000);
    await Promise.all([secret.readAgain(1_000), secret.readAgain(1_000)]);
    expect(reads).toHaveLength(2);
  });

  it('ends a read in progress when it is stopped, without a report, and reads no more', async () => {
    answer = () =>
      new Promise((_resolve, reject) => {
        reads[0]?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const started = secret.start();
    secret.stop();
    await started;
    expect({ errors, timers: clock.timers, reads: reads.length }).toEqual({ errors: [], timers: [], reads: 1 });
  });
});
