import { KeyedQueue } from './keyed-queue';

describe('KeyedQueue', () => {
  it('runs the tasks of a key one at a time and in order, also after a failure', async () => {
    const queue = new KeyedQueue();
    const events: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      events.push(`${name} begins`);
      await new Promise(setImmediate);
      events.push(`${name} ends`);
      if (name === 'two') {
        throw new Error('two failed');
      }
      return name;
    };
    const results = await Promise.allSettled(['one', 'two', 'three'].map((name) => queue.run('key', work(name))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(events).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
  });

  it('does not delay the tasks of other keys', async () => {
    const queue = new KeyedQueue();
    let release = (): void => undefined;
    const held = queue.run('one', () => new Promise<void>((resolve) => (release = resolve)));
    await expect(queue.run('two', async () => 'done')).resolves.toBe('done');
    release();
    await held;
  });
});
