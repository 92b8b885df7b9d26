import { changesOf, releaseChangelog, releasedVersions, sectionOf, unreleased } from './changelog';

const EMPTY = '# Changelog\n\n## Unreleased\n\n### Added\n\n## 0.1.0 - 2026-01-02\n\n- First.\n';
const CHANGELOG = EMPTY.replace('### Added\n', '### Added\n\n- **Thing**: new.\n');

describe('the changelog', () => {
  it('has nothing to release if there are only headings', () => {
    expect(unreleased(EMPTY)).toBeUndefined();
    expect(unreleased('# Changelog\n')).toBeUndefined();
    expect(unreleased(CHANGELOG)).toContain('- **Thing**: new.');
  });

  it('moves what is unreleased below the version and the date, and nothing else', () => {
    const released = releaseChangelog(CHANGELOG, '0.2.0', '2026-12-01');
    expect(released).toBe(CHANGELOG.replace('## Unreleased\n', '## Unreleased\n\n## 0.2.0 - 2026-12-01\n'));
    expect(unreleased(released)).toBeUndefined();
    expect(releasedVersions(released)).toEqual(['0.2.0', '0.1.0']);
    expect(sectionOf(released, '0.2.0')).toContain('Thing');
    expect(sectionOf(released, '0.1.0')).toBe('- First.');
    expect(sectionOf(released, '0.3.0')).toBeUndefined();
  });

  it('becomes the plain text of Artifact Hub, with its kinds', () => {
    const section = [
      'Words for all.',
      '### Added',
      '',
      '- **API** `v1`: see [the page](docs/api.md),',
      '  with two lines.',
      '- Second.',
      '',
      '### Security',
      '- Third.',
      '### Other',
      '',
      'For users of 0.1:',
      '',
      '- Fourth.',
    ].join('\n');
    expect(changesOf(section)).toEqual([
      { kind: 'added', description: 'API v1: see the page, with two lines.' },
      { kind: 'added', description: 'Second.' },
      { kind: 'security', description: 'Third.' },
      { kind: 'changed', description: 'Fourth.' },
    ]);
  });
});
