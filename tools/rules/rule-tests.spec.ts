import { ruleTests, unproven } from './rule-tests';

const file = 'apps/proxy/test/security.e2e.spec.ts';
const row = (title: string, where = file) => ({ title, file: where });
const passed = [{ file, titles: ['security rules', 'C8 request smuggling: a+b (twice) ends the connection'] }];

describe('a rule of docs/security-rules.md', () => {
  it.each([
    ['a whole title', row('C8 request smuggling: a+b (twice) ends the connection')],
    ['a title with a placeholder', row('C8 request smuggling: %s ends the connection')],
    ['a title that begins with one', row('%s ends the connection')],
    ['a describe block', row('security rules')],
  ])('is proven by a test that passed, named by %s', (_name, named) => {
    expect(unproven([named], passed)).toEqual([]);
  });

  it.each([
    ['a test that did not run or did not pass', row('C9 SSRF')],
    ['a text that no title contains', row('request smuggling: c+d')],
    ['a test of another file', row('C8 request smuggling', 'apps/proxy/test/other.spec.ts')],
    ['the beginning of a title, which another test may share', row('C8 request smuggling')],
    ['the end of a title', row('ends the connection')],
    ['a word of the title of a describe block', row('rules')],
    ['a placeholder that matches no text', row('C8 request smuggling: a+b (twice) ends the connection%s')],
    ['an empty title', row('')],
  ])('is not proven by %s', (_name, named) => {
    expect(unproven([named], passed)).toEqual([named]);
  });
});

it('reads the rows of every rule', () => {
  const table = `| Mode | Test | File |\n| --- | --- | --- |\n| both | t | \`${file}\` |\n`;
  const last = `| Rule | Test | File |\n| --- | --- | --- |\n| r | u | \`${file}\` |\n`;
  expect(ruleTests(`# Rules\n\n## C1 One\n\n${table}\n## Rules that no pitfall names\n\n${last}`)).toEqual([
    { ...row('t'), mode: 'both' },
    { ...row('u'), mode: '' },
  ]);
});
