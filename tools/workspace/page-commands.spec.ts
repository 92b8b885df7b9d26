import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { blocksOf, commandsOf, PAGE_BLOCKS, pageBlock, type PageName, readPage } from '../testbed/pages/page-blocks';
import { suiteSources } from './suite-sources';

const PAGES = Object.keys(PAGE_BLOCKS) as PageName[];
const GATE = readFileSync(path.join(workspaceRoot, '.ci/run'), 'utf8');

describe.each(PAGES)('the commands of %s', (page) => {
  it('are in blocks that the testbed knows', () => {
    const headings = blocksOf(readPage(page)).map(({ heading }) => heading);
    expect(headings).toEqual(PAGE_BLOCKS[page].map(({ heading }) => heading));
  });

  it('are read from the page by a suite that the gate runs', () => {
    for (const { name, suite } of PAGE_BLOCKS[page]) {
      expect([name, suiteSources(suite).includes(`pageBlock('${name}'`)]).toEqual([name, true]);
      expect([suite, new RegExp(`testbed run [a-z -]*\\b${suite}\\b`).test(GATE)]).toEqual([suite, true]);
    }
  });

  it('are not in a block of another language, which no suite would run', () => {
    const languages = [...readPage(page).matchAll(/^```([^\n]+)$/gm)].map(([, language]) => language);
    expect(languages.filter((language) => language !== 'yaml' && language !== 'mermaid')).toEqual([]);
  });
});

it('the command of README.md that tries the product is the one that the gate runs', () => {
  const commands = commandsOf(pageBlock('try it')).map((words) => words.join(' '));
  expect(commands).toEqual(['npm start', 'npm start -- --check']);
  expect(GATE).toContain("stage 'sandbox' npm start --silent -- --check\n");
});
