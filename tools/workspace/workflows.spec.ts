import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from '../processes/workspace';
import { GO_TOOLS } from '../testbed/toolchain';

const DIRECTORY = path.join(workspaceRoot, '.github/workflows');

interface Job {
  readonly permissions?: unknown;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What jobs may do in addition. */
const WRITING: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'release.yaml': { publish: { contents: 'read', packages: 'write' }, files: { contents: 'write' } },
};

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
    const own = Object.entries(workflow.jobs).flatMap(([name, { permissions }]) =>
      permissions === undefined ? [] : [[name, permissions]],
    );
    expect(Object.fromEntries(own)).toEqual(WRITING[file] ?? {});
  });

  it('keeps the right to write the repository from jobs that run its code', () => {
    const writing = Object.values(workflow.jobs).filter(({ permissions }) =>
      JSON.stringify(permissions ?? {}).includes('"contents":"write"'),
    );
    expect(
      writing.flatMap(({ steps }) => steps).filter(({ uses, run }) => /checkout/.test(uses ?? '') || /\bnp[mx]\b/.test(run ?? '')),
    ).toEqual([]);
  });

  it('installs the versions of Go programs that the testbed tests', () => {
    const installed = [...text.matchAll(/go install (\S+)/g)].map(([, program]) => program);
    expect(installed.filter((program) => !GO_TOOLS.some(({ module, version }) => `${module}@${version}` === program))).toEqual([]);
  });

  it('ends each job after some time', () => {
    expect(Object.values(workflow.jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  });
});
