import { formatScope, normalizeScopes, parseScopeHint, type RepositoryScope } from './scope';

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

  it('makes one scope of several for one repository', () => {
    const merged = normalizeScopes([
      { repository: 'a', actions: ['pull'] },
      { repository: 'a', actions: ['push'] },
    ]);
    expect(merged.map(formatScope)).toEqual(['repository:a:pull,push']);
  });
});

describe('parseScopeHint', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['repository:a/b:pull,push', ['repository:a/b:pull,push']],
    ['repository:a:pull registry:catalog:*', ['repository:a:pull', 'registry:catalog:*']],
    ['repository(plugin):a:pull', ['repository(plugin):a:pull']],
    ['* repository:a:pull', ['repository:a:pull']],
    ['repository:a:pull&service=x', []],
    [`repository:${'a'.repeat(2000)}:pull`, []],
  ])('%j', (hint, expected) => {
    expect(parseScopeHint(hint)).toEqual(expected);
  });
});
