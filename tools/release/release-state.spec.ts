import { isPrepared, problemsOf, type ReleaseState } from './release-state';

const UNRELEASED = '# Changelog\n\n## Unreleased\n\n- Something.\n\n## 0.1.0 - 2026-01-02\n\n- First.\n';
const RELEASED = UNRELEASED.replace('## Unreleased\n', '## Unreleased\n\n## 0.2.0 - 2026-02-03\n');

/** The main branch after version 0.1.0. */
const MAIN: ReleaseState = { current: '0.1.0', changelog: UNRELEASED, tagged: ['0.1.0'], head: 'bbbb', changed: [] };

/** The commit of version 0.2.0. */
const PREPARED: ReleaseState = { ...MAIN, current: '0.2.0', changelog: RELEASED };

describe('a new version', () => {
  it.each(['0.1.1', '0.2.0', '1.0.0-rc.1'])('%s can be released', (version) => {
    expect(isPrepared(MAIN, version)).toBe(false);
    expect(problemsOf(MAIN, version)).toEqual([]);
  });

  it('may be the first one, which package.json has from the beginning', () => {
    const first = { ...MAIN, tagged: [], changelog: '## Unreleased\n\n- All.\n' };
    expect(problemsOf(first, '0.1.0')).toEqual([]);
    expect(problemsOf(first, '0.0.9')).toEqual(['0.0.9 is lower than 0.1.0, the version in package.json']);
  });

  it('is greater than all released ones, also those of which only the changelog or a tag knows', () => {
    expect(problemsOf(MAIN, '0.1.0-rc.1')).toEqual(['0.1.0-rc.1 is not greater than 0.1.0, the last release']);
    expect(problemsOf({ ...MAIN, current: '0.0.9', tagged: [] }, '0.1.0')).toEqual(['0.1.0 is not greater than 0.1.0, the last release']);
    expect(problemsOf({ ...MAIN, tagged: ['0.10.0', '0.9.0'] }, '0.9.1')).toEqual(['0.9.1 is not greater than 0.10.0, the last release']);
  });

  it('has no tag', () => {
    expect(problemsOf({ ...MAIN, tagCommit: 'aaaa' }, '0.2.0')).toEqual(['the tag v0.2.0 exists; choose a later version']);
    expect(problemsOf({ ...MAIN, tagCommit: MAIN.head }, '0.2.0')).toEqual(['the tag v0.2.0 exists; choose a later version']);
  });

  it('reports all problems together', () => {
    const changed = ['a', 'b', 'c', 'd', 'e'];
    expect(problemsOf({ ...MAIN, changelog: '## Unreleased\n', changed }, '0.0.1')).toEqual([
      '0.0.1 is not greater than 0.1.0, the last release',
      'CHANGELOG.md has nothing under "## Unreleased"; say there what has changed',
      'changes that are not committed: a, b, c and 2 more; commit or stash them',
    ]);
  });
});

describe('a version that the commit has already', () => {
  it('can be built before and after it has its tag', () => {
    expect(isPrepared(PREPARED, '0.2.0')).toBe(true);
    expect(problemsOf(PREPARED, '0.2.0')).toEqual([]);
    expect(problemsOf({ ...PREPARED, tagCommit: PREPARED.head, tagged: ['0.1.0', '0.2.0', '0.3.0'] }, '0.2.0')).toEqual([]);
  });

  it('is not built from another commit than that of its tag, nor with changes that its changelog does not have', () => {
    expect(problemsOf({ ...PREPARED, tagCommit: 'aaaa' }, '0.2.0')).toEqual([
      'the tag v0.2.0 exists, at another commit: git checkout v0.2.0, or choose a later version',
    ]);
    const later = RELEASED.replace('## Unreleased\n', '## Unreleased\n\n- Later.\n');
    expect(problemsOf({ ...PREPARED, changelog: later }, '0.2.0')).toEqual([
      'CHANGELOG.md has entries under "Unreleased", which 0.2.0 would contain; choose a later version',
    ]);
    expect(problemsOf({ ...PREPARED, changed: ['LICENSE'] }, '0.2.0')).toEqual([
      'changes that are not committed: LICENSE; commit or stash them',
    ]);
  });
});
