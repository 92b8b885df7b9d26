import { EndHooks } from './end-hooks';

describe('EndHooks', () => {
  it('runs each action once, in reverse order, and an action that is added later immediately', () => {
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
