import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GO_PROJECTS, toolPath } from './toolchain';

describe('toolPath', () => {
  it('offers only programs when it does not know the name', () => {
    const offered = (): string => toolPath('nosuch');
    expect(offered).toThrow(/^there is no tool nosuch; choose one of .*\bcrane, /);
    expect(offered).not.toThrow(/stdlib\.h|gcc/);
  });
});

it.each([
  ['gitea', 'gitea', /Gitea (1\.\d+)/],
  ['distribution', 'registry', /version (3\.\d+)/],
])('docs/registries/%s.md names the version that the testbed runs', (page, program, version) => {
  const { version: built = '' } = GO_PROJECTS.flatMap(({ programs }) => programs).find(({ name }) => name === program) ?? {};
  const [, named = ''] = version.exec(readFileSync(path.join(__dirname, `../../docs/registries/${page}.md`), 'utf8')) ?? [];
  expect(built.startsWith(`v${named}.`)).toBe(true);
});
