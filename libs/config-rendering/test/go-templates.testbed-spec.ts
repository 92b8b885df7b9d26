import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { comparable, compareCorpus, keyOf, readCorpus, readExpected, type CorpusTemplate, type GoResult } from './corpus';
import { goTemplates } from './go-templates.config';

/** Largest output of the Go program, in bytes; far more than it writes. */
const MAX_OUTPUT = 16 * 1024 * 1024;

interface GoAnswer {
  readonly name: string;
  readonly output?: string;
  readonly error?: string;
}

function renderWithGo(corpus: readonly CorpusTemplate[]): Record<string, GoResult> {
  const input = JSON.stringify(corpus.map((entry) => ({ name: keyOf(entry), template: entry.template, data: entry.data })));
  const answer = execFileSync(goTemplates('GO_TEMPLATES'), { input, maxBuffer: MAX_OUTPUT }).toString();
  const results = (JSON.parse(answer) as GoAnswer[]).map(({ name, output, error = '' }): [string, GoResult] => [
    name,
    output === undefined ? { error } : { output },
  ]);
  return Object.fromEntries(results);
}

describe('templates against real Go', () => {
  const corpus = readCorpus();
  const fresh = renderWithGo(comparable(corpus));
  const { differences, table } = compareCorpus(corpus, fresh);
  writeFileSync(path.join(goTemplates('GO_TEMPLATES_RESULTS'), 'expected.json'), `${JSON.stringify(fresh, null, 2)}\n`);
  writeFileSync(path.join(goTemplates('GO_TEMPLATES_RESULTS'), 'table.json'), JSON.stringify(table));

  it('give the same bytes, fail in both, or are refused by the name in the corpus', () => {
    expect(differences).toEqual([]);
  });

  it('give the committed results; after an intended change, copy .testbed/templates/expected.json to test/corpus', () => {
    expect(fresh).toEqual(readExpected());
  });
});
