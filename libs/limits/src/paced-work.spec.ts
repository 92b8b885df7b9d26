import { setImmediate as turn } from 'node:timers/promises';
import { PacedWork } from './paced-work';

describe('PacedWork', () => {
  let done: string[];
  let paced: PacedWork;
  const run = (owner: string, name: string): Promise<void> => paced.run(owner, () => void done.push(name));

  beforeEach(() => {
    done = [];
    paced = new PacedWork(2);
  });

  it('runs only the allowed number of pieces in one turn of the event loop, and the others in the next turns', async () => {
    const all = Promise.all(['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => run('a', name)));
    expect(done).toEqual(['a1', 'a2']);
    await turn();
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4']);
    await all;
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
  });

  it('lets owners take turns', async () => {
    const all = Promise.all([...['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => run('a', name)), run('b', 'b1')]);
    await all;
    expect(done).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'a5']);
  });

  it('runs a piece that arrives while others wait after them', async () => {
    const burst = Promise.all(['a1', 'a2', 'a3', 'a4', 'a5'].map((name) => run('a', name)));
    await turn();
    await Promise.all([burst, run('a', 'a6')]);
    expect(done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  });

  it('passes on the result or error of the work, and continues', async () => {
    const failing = Array.from({ length: 5 }, (_, index) =>
      paced.run('a', () => {
        throw new Error(`no ${index}`);
      }),
    );
    expect((await Promise.allSettled(failing)).map((result) => result.status)).toEqual(Array(5).fill('rejected'));
    await expect(paced.run('a', () => 7)).resolves.toBe(7);
  });
});
