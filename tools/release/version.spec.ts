import { compareVersions, isVersion } from './version.mjs';

it.each(['0.1.0', '10.20.30', '1.0.0-rc.1', '1.0.0-alpha-1.x'])('%s is a version', (version) => expect(isVersion(version)).toBe(true));

it.each(['', '1', '1.2', 'v1.2.3', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3+build', '1.2.3 ', 'latest'])('"%s" is none', (version) =>
  expect(isVersion(version)).toBe(false),
);

it('orders versions as section 11 of semantic versioning does', () => {
  const ordered = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.1.0',
    '1.10.0',
    '2.0.0',
  ];
  expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  expect(compareVersions('1.0.0-rc.1', '1.0.0-rc.1')).toBe(0);
});
