import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VERSION } from '@oci-connector/runtime';
import { runCommand as runProcess, tryCommand } from '../processes/run-command';
import { COMMANDS, generalHelp, helpOf, readCommandLine } from './command-line.mjs';
import { runCommand } from './test/captured-world';

const ROOT = path.join(__dirname, '../..');

describe('the help of connectors', () => {
  it.each(Object.keys(COMMANDS))('%s has examples that the command accepts', (command) => {
    const examples = [...helpOf(command).matchAll(/^ {2}(.*?connectors(?:\.js)? .*)$/gm)].map(([, line = '']) => line);
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples.slice(1)) {
      const [, args = ''] = /(?:^|\/app\/|\| )connectors(?:\.js)? (.*)$/.exec(example) ?? [];
      expect(readCommandLine(args.split(' '), ROOT)).toMatchObject({ command });
    }
  });

  it('is printed by --help and help, and names all commands', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      expect(await runCommand(args)).toEqual({ status: 0, stdout: generalHelp(), stderr: '' });
    }
    for (const command of Object.keys(COMMANDS)) {
      expect(generalHelp()).toContain(`  connectors ${command} `);
      expect(await runCommand([command, '--help'])).toEqual({ status: 0, stdout: helpOf(command), stderr: '' });
    }
  });

  it('fits a terminal of 120 columns', () => {
    const lines = [generalHelp(), ...Object.keys(COMMANDS).map(helpOf)].join('\n').split('\n');
    expect(lines.filter(({ length }) => length > 130)).toEqual([]);
  });
});

describe('the file of connectors', () => {
  let directory: string;
  let plugin: string;

  // The file alone, under the name by which kubectl finds it.
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'cli-file-'));
    plugin = path.join(directory, 'kubectl-connectors');
    await runProcess([process.execPath, 'tools/build.mjs', 'tools/cli'], { cwd: ROOT });
    copyFileSync(path.join(ROOT, 'dist/connectors/connectors.js'), plugin);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  const run = (...args: string[]) =>
    tryCommand([plugin, ...args], { cwd: directory, env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: directory } });

  it('can be executed by itself, as plugin of kubectl', async () => {
    expect(await run('version')).toMatchObject({ status: 0, stdout: `connectors ${VERSION}\n`, stderr: '' });
  });

  it('reads files relative to the working directory', async () => {
    writeFileSync(path.join(directory, 'broken.yaml'), 'apiVersion: connectors.alauda.io/v1alpha1\nkind: Connector\nmetadata: {name: a}\n');
    expect(await run('lint', '-f', 'broken.yaml')).toMatchObject({
      status: 1,
      stdout: 'broken.yaml:1: Connector a: spec is required\n1 object, 1 problem\n',
      stderr: '',
    });
  });

  it('ends without a word when the reader closes the pipe, as head does', async () => {
    const script = `{ "${plugin}" crds; echo "status $?" >&2; } | head -n 1`;
    const { stdout, stderr } = await tryCommand(['/bin/sh', '-c', script], {
      cwd: directory,
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: directory },
    });
    expect([stdout.split('\n').length, stderr]).toEqual([2, expect.stringMatching(/^status (141|0)\n$/)]);
  });

  it('says that it cannot write its output', async () => {
    const { stderr } = await tryCommand(['/bin/sh', '-c', `"${plugin}" version >/dev/full; echo "status $?" >&2`], {
      cwd: directory,
      env: { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: directory },
    });
    expect(stderr).toBe('cannot write to the standard output (ENOSPC)\nstatus 2\n');
  });

  it('exits with status 2 without a kubeconfig, and says what to do', async () => {
    expect(await run('check', 'team/harbor')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('set KUBECONFIG to the path of a kubeconfig file') as string,
    });
  });
});
