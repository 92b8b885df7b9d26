import { formatScope, hintedActions, normalizeScopes, type RepositoryAction, type RepositoryScope } from './scope';

describe('formatScope', () => {
  it.each<[RepositoryScope, string]>([
    [{ repository: 'library/nginx', actions: ['pull'] }, 'repository:library/nginx:pull'],
    [{ repository: 'a', actions: ['push', 'pull', 'pull'] }, 'repository:a:pull,push'],
    [{ repository: 'a/b_c/d--e', actions: ['*', 'delete'] }, 'repository:a/b_c/d--e:delete,*'],
  ])('%j', (scope, expected) => {
    expect(formatScope(scope)).toBe(expected);
  });

  it.each(['', 'a b', 'a:pull repository:b', 'a,b', '../a', 'a/../b', 'A', 'a//b', 'é', 'a'.repeat(256)])('refuses %j', (repository) => {
    expect(() => formatScope({ repository, actions: ['pull'] })).toThrow(TypeError);
  });
});

describe('normalizeScopes', () => {
  it('puts the scope that writes first', () => {
    const from: RepositoryScope = { repository: 'from', actions: ['pull'] };
    const to: RepositoryScope = { repository: 'to', actions: ['pull', 'push'] };
    expect(normalizeScopes([from, to])).toEqual([to, from]);
  });

  it('merges several scopes for one repository', () => {
    const merged = normalizeScopes([
      { repository: 'a', actions: ['pull'] },
      { repository: 'a', actions: ['push'] },
    ]);
    expect(merged.map(formatScope)).toEqual(['repository:a:pull,push']);
  });
});

describe('hintedActions', () => {
  it.each<[string | undefined, readonly RepositoryAction[], readonly RepositoryAction[]]>([
    [undefined, ['pull'], []],
    ['', ['pull'], []],
    ['repository:a:pull', ['pull'], ['pull']],
    ['repository:a:pull,push', ['pull'], ['pull']],
    ['repository:a:*', ['pull', 'push'], []],
    ['repository:a:pull,push', ['pull', 'push', 'delete', '*'], ['pull', 'push']],
    ['repository:a:*', ['pull', 'push', 'delete', '*'], ['*']],
    ['repository(plugin):a:pull', ['pull'], ['pull']],
    ['repository:b:pull', ['pull'], []],
    ['repository:a/b:pull repository:other/secret:pull', ['pull'], []],
    ['repository:b:push repository:a:pull', ['pull', 'push'], ['pull']],
    ['registry:catalog:*', ['pull', '*'], []],
    ['*', ['pull', '*'], []],
    ['repository:a:pull&service=x', ['pull'], []],
    [`repository:a:pull${' repository:b:pull'.repeat(100)}`, ['pull'], []],
  ])('%j within %j', (hint, limit, expected) => {
    expect(hintedActions(hint, 'a', limit)).toEqual(expected);
  });
});
