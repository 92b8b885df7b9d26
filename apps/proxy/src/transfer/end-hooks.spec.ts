import { EndHooks } from './end-hooks';

describe('EndHooks', () => {
  it('does the last one first, once, and late ones immediately', () => {
    const done: string[] = [];
    const hooks = new EndHooks();
    hooks.add(() => done.push('first'));
    hooks.add(() => {
      done.push('second');
      hooks.add(() => done.push('at the end'));
    });
    expect(done).toEqual([]);
    hooks.run();
    hooks.run();
    expect(done).toEqual(['second', 'at the end', 'first']);
    hooks.add(() => done.push('late'));
    expect(done.at(-1)).toBe('late');
  });
});
