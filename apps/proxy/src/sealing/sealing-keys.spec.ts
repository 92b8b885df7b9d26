import { ManualClock } from '@oci-connector/testing-kit';
import { deriveSealingKey } from './key-ring';
import { SealingKeys } from './sealing-keys';

const secret = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
const idOf = (fill: number): string => deriveSealingKey(Buffer.alloc(32, fill))?.id ?? '';

class Api {
  readonly clock = new ManualClock();
  reads = 0;
  data: Record<string, string> | undefined = { current: secret(2), previous: secret(1) };
  failure: Error | undefined;
  readonly errors: unknown[] = [];
  readonly keys = new SealingKeys({
    readSecret: () => {
      this.reads += 1;
      return this.failure === undefined ? Promise.resolve(this.data) : Promise.reject(this.failure);
    },
    clock: this.clock,
    onError: (error) => this.errors.push(error),
  });

  /** Runs the timer that is set, and waits for the reads that it starts. */
  async tick(): Promise<void> {
    const [ms = 0] = this.clock.timers;
    this.clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('SealingKeys', () => {
  it('seals with the current key and finds the previous one', async () => {
    const api = new Api();
    expect(api.keys.current()).toBeUndefined();
    await api.keys.start();
    expect(api.keys.current()?.id).toBe(idOf(2));
    expect((await api.keys.find(idOf(1)))?.id).toBe(idOf(1));
    expect(api.reads).toBe(1);
    api.keys.stop();
  });

  it('reads a new key within a minute after a rotation', async () => {
    const api = new Api();
    await api.keys.start();
    api.data = { current: secret(3), previous: secret(2) };
    expect(api.clock.timers).toEqual([60_000]);
    await api.tick();
    expect(api.keys.current()?.id).toBe(idOf(3));
    expect(await api.keys.find(idOf(1))).toBeUndefined();
    api.keys.stop();
    expect(api.clock.timers).toEqual([]);
  });

  it('reads a key that another replica already uses immediately, at most once a second', async () => {
    const api = new Api();
    await api.keys.start();
    api.data = { current: secret(3), previous: secret(2) };
    api.clock.advance(1_000);
    expect((await api.keys.find(idOf(3)))?.id).toBe(idOf(3));
    const reads = api.reads;
    for (let i = 0; i < 50; i += 1) {
      expect(await api.keys.find('unknown')).toBeUndefined();
    }
    expect(api.reads).toBe(reads);
    api.clock.advance(1_000);
    await Promise.all(Array.from({ length: 50 }, () => api.keys.find('unknown')));
    expect(api.reads).toBe(reads + 1);
    api.keys.stop();
  });

  it('keeps its keys after a failed read, and reports the failure', async () => {
    const api = new Api();
    await api.keys.start();
    api.failure = new Error('no answer');
    await api.tick();
    expect(api.keys.current()?.id).toBe(idOf(2));
    expect(api.errors).toEqual([api.failure]);
    api.keys.stop();
  });

  it.each<[string, Record<string, string> | undefined]>([
    ['no Secret', undefined],
    ['no current key', { previous: secret(1) }],
    ['a current key of another length', { current: 'aHVzaA==' }],
  ])('waits for the controller when there is %s, and shows no value', async (_, data) => {
    const api = new Api();
    api.data = data;
    await api.keys.start();
    expect(api.keys.current()).toBeUndefined();
    expect(String(api.errors)).toMatch(/no usable key "current"/);
    expect(String(api.errors)).not.toMatch(/hush|aHVzaA/);
    api.data = { current: secret(2) };
    expect(api.clock.timers).toEqual([2_000]);
    await api.tick();
    expect(api.keys.current()?.id).toBe(idOf(2));
    api.keys.stop();
  });
});
