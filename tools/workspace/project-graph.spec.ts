import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WorkspaceCopy } from './workspace-copy';

/** Limit of each test, in milliseconds: Nx analyses, compiles or tests the workspace, which takes minutes on a busy machine. */
const MINUTES = 10 * 60_000;

let copy: WorkspaceCopy;
beforeAll(async () => {
  copy = await WorkspaceCopy.make();
}, MINUTES);
afterAll(() => copy.remove());

interface ProjectGraph {
  readonly graph: {
    readonly nodes: Record<string, { readonly data: { readonly root: string } }>;
    readonly dependencies: Record<string, { readonly target: string }[]>;
  };
}

async function affectedBy(file: string): Promise<string[]> {
  const { output } = await copy.run('nx', 'show', 'projects', '--affected', `--files=${file}`, '--json');
  return (JSON.parse(output.slice(output.indexOf('['))) as string[]).sort();
}

describe('Nx', () => {
  it(
    'has an edge for every import of one project by another',
    async () => {
      await copy.run('nx', 'graph', '--file=graph.json');
      const { nodes, dependencies } = (JSON.parse(await copy.read('graph.json')) as ProjectGraph).graph;
      const edges = (project: string): string[] =>
        (dependencies[project] ?? []).map(({ target }) => target).filter((target) => target in nodes);
      for (const [project, { data }] of Object.entries(nodes)) {
        expect([project, edges(project).sort()]).toEqual([
          project,
          expect.arrayContaining(importsBelow(path.join(copy.directory, data.root))),
        ]);
      }
      expect(edges('proxy')).toEqual(expect.arrayContaining(['sensitive', 'http', 'oci-auth', 'egress']));
    },
    MINUTES,
  );

  it(
    'finds all projects that a change of a lib affects',
    async () => {
      const withoutIt = new Set(['clock', 'connector-api', 'limits', 'testing-kit', 'testing-kube-api', 'testing-registry']);
      const all = readdirSync(path.join(copy.directory, 'libs')).concat(readdirSync(path.join(copy.directory, 'apps')), 'tools');
      expect(await affectedBy('libs/sensitive/src/sensitive.ts')).toEqual(all.filter((project) => !withoutIt.has(project)).sort());
    },
    MINUTES,
  );

  it.each(['deploy/install.yaml', 'deploy/examples/pods/crane.yaml'])(
    'tests for a change of %s only the projects that read deploy/, and those whose tests use one of them',
    async (file) => {
      expect(await affectedBy(file)).toEqual([
        'config-rendering',
        'controller',
        'credentials',
        'csi',
        'diagnosis',
        'kube',
        'proxy',
        'runtime',
        'testing-kube-api',
        'tools',
      ]);
    },
    MINUTES,
  );

  it.each(['deploy', 'docs'])('has %s/ as input of each project that reads it, and of no other', (directory) => {
    for (const project of ['apps', 'libs'].flatMap((parent) =>
      readdirSync(path.join(copy.directory, parent)).map((name) => path.join(parent, name)),
    )) {
      const reads = sourcesBelow(path.join(copy.directory, project)).some((text) => readsFrom(directory).test(text));
      const declared = readFileSync(path.join(copy.directory, project, 'project.json'), 'utf8').includes(`{workspaceRoot}/${directory}/`);
      expect([project, reads]).toEqual([project, declared]);
    }
  });

  it(
    'tests the dependants of a lib again when the lib changes, and builds the programs again',
    async () => {
      expect(await copy.run('nx', 'test', 'credentials', '--', 'parse-credential')).toMatchObject({ code: 0 });
      expect((await copy.run('nx', 'test', 'credentials', '--', 'parse-credential')).output).toContain('[local cache]');
      expect(await copy.run('nx', 'build', 'csi')).toMatchObject({ code: 0 });

      await copy.edit(
        'libs/sensitive/src/sensitive.ts',
        'reveal(): string {',
        "reveal(): string {\n    if (this) throw new Error('broken on purpose');",
      );

      expect(await copy.run('nx', 'test', 'credentials', '--', 'parse-credential')).not.toMatchObject({ code: 0 });
      expect(await copy.run('nx', 'build', 'csi')).toMatchObject({ code: 0 });
      expect(await copy.read('dist/apps/csi/main.js')).toContain('broken on purpose');
    },
    MINUTES,
  );
});

describe('lint', () => {
  const planted: readonly [problem: string, file: string, text: string, message: string][] = [
    [
      'a lib that imports a lib of a higher layer',
      'libs/clock/src/planted.ts',
      "export { Sensitive } from '@oci-connector/sensitive';\n",
      'cannot depend on any libs',
    ],
    [
      'an import of connector-api in the lib for plain HTTP',
      'libs/http/src/planted.ts',
      "export { meantOrigin } from '@oci-connector/connector-api';\n",
      'can only depend on libs tagged with',
    ],
    [
      'an import of test support in a lib',
      'libs/egress/src/planted.ts',
      "export { sendRequest } from '@oci-connector/testing-kit';\n",
      'Only spec files and tools may use test support',
    ],
    [
      'an import of a fixture in the test kit',
      'libs/testing-kit/src/planted.ts',
      "export { aBlob } from '@oci-connector/testing-registry';\n",
      'can only depend on libs tagged|Circular dependency',
    ],
    [
      'an import of Nest in a lib of the core',
      'libs/egress/src/planted.ts',
      "export { Injectable } from '@nestjs/common';\n",
      'not allowed to import',
    ],
    [
      'a program that imports another',
      'apps/csi/src/planted.ts',
      "export { startProxy } from '../../proxy/src/start-proxy';\n",
      'should use relative imports|relative import|cannot be imported',
    ],
    [
      'a circular dependency',
      'libs/sensitive/src/planted.ts',
      "export { CredentialStore } from '@oci-connector/credentials';\n",
      'Circular dependency',
    ],
  ];

  // Without the project graph in its cache, the rule would be skipped with a warning.
  it.each(planted)(
    'refuses %s, even immediately after `nx reset`',
    async (_problem, file, text, message) => {
      await copy.run('nx', 'reset');
      await copy.write(file, text);
      const { code, output } = await copy.run('eslint', '--max-warnings', '0', file);
      await copy.write(file, 'export {};\n');
      expect(output).toMatch(new RegExp(message));
      expect(output).toContain('@nx/enforce-module-boundaries');
      expect(code).not.toBe(0);
    },
    MINUTES,
  );

  it.each([
    ['process.env', "export const home = process.env['HOME'];\n"],
    ["process['env']", "export const home = process['env']['HOME'];\n"],
    ['a part of process', 'const { env } = process;\nexport const home = env;\n'],
    ['a part of the module', "import { env } from 'node:process';\nexport const home = env;\n"],
    ['the whole module', "import * as current from 'process';\nexport const home = current.env;\n"],
  ])(
    'refuses to read the environment by %s in a file that only ends as the settings of a program do',
    async (_what, text) => {
      const file = 'libs/kube/src/planted.config.ts';
      await copy.write(file, text);
      const { code, output } = await copy.run('eslint', '--max-warnings', '0', file);
      await copy.write(file, 'export {};\n');
      expect(output).toContain('reads the environment');
      expect(code).not.toBe(0);
    },
    MINUTES,
  );

  it.each([
    ['the date', 'libs/oci-auth/src/planted.ts', 'export const at = (): number => Date.now();\n'],
    ['a timer', 'apps/csi/src/planted.ts', 'export const timer = setTimeout(() => undefined, 1);\n'],
    ['the host name', 'apps/controller/src/planted.ts', "export { hostname } from 'node:os';\n"],
  ])(
    'refuses to take %s of the machine instead of what is handed in',
    async (_what, file, text) => {
      await copy.write(file, text);
      const { code, output } = await copy.run('eslint', '--max-warnings', '0', file);
      await copy.write(file, 'export {};\n');
      expect(output).toContain('is handed in');
      expect(code).not.toBe(0);
    },
    MINUTES,
  );
});

/** Returns a pattern for a string that begins with the directory, or is the directory as an argument of a join. */
function readsFrom(directory: string): RegExp {
  return new RegExp(`['"](?:\\.\\./)*${directory}(?:/|['"],)`);
}

function importsBelow(directory: string): string[] {
  const imported = sourcesBelow(directory).flatMap((text) =>
    [...text.matchAll(/^(?:import|export|\}) ?[^'"]*from '@oci-connector\/([a-z-]+)'/gm)].map(([, name]) => name ?? ''),
  );
  return [...new Set(imported)].sort();
}

function sourcesBelow(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.map((name) => readFileSync(path.join(directory, name), 'utf8'));
}
