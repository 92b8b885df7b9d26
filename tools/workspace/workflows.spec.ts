import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from '../processes/workspace';

const DIRECTORY = path.join(workspaceRoot, '.github/workflows');

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, { readonly 'timeout-minutes'?: number; readonly steps: readonly { readonly uses?: string }[] }>>;
}

describe.each(readdirSync(DIRECTORY))('.github/workflows/%s', (file) => {
  const text = readFileSync(path.join(DIRECTORY, file), 'utf8');
  const workflow = parse(text) as Workflow;

  it('names each action by the hash of a commit, with its version in a comment', () => {
    const uses = text.match(/uses: .*/g) ?? [];
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((line) => !/^uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([]);
  });

  it('may do nothing that it does not name', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('ends each job after some time', () => {
    expect(Object.values(workflow.jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});
