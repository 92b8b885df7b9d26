import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { APPLICABLE_KINDS } from './installation/apply-manifests';
import { type CommandResult, tryCommand } from './processes/run-command';

const workspace = path.join(__dirname, '..');

interface Lock {
  readonly packages: Record<string, { version?: string; integrity?: string; optional?: boolean }>;
}

const LOCK: Lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/one': { version: '1.0.0', integrity: 'sha512-one' },
    'node_modules/for-another-system': { version: '2.0.0', integrity: 'sha512-two', optional: true },
  },
};

/** The record of npm for an installation of {@link LOCK}. */
const INSTALLED: Lock = { packages: { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-one' } } };

describe('the commands of package.json on a fresh clone', () => {
  let clone: string;

  beforeEach(() => {
    clone = mkdtempSync(path.join(tmpdir(), 'a fresh clone-'));
    cpSync(path.join(workspace, 'package.json'), path.join(clone, 'package.json'));
    for (const file of readdirSync(path.join(workspace, 'tools'), { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.mjs')) {
        cpSync(path.join(workspace, 'tools', file), path.join(clone, 'tools', file), { recursive: true });
      }
    }
    write('package-lock.json', LOCK);
    // Replaces npm: records its arguments, installs nothing, and fails.
    mkdirSync(path.join(clone, 'bin'));
    writeFileSync(path.join(clone, 'bin/npm'), '#!/bin/sh\necho "$@" >>npm-calls\necho no network >&2\nexit 3\n');
    chmodSync(path.join(clone, 'bin/npm'), 0o755);
  });

  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  function write(file: string, content: object): void {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    writeFileSync(path.join(clone, file), JSON.stringify(content));
  }

  function npmCalls(): string[] {
    const file = path.join(clone, 'npm-calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Runs a script as `npm run NAME -- ARGS` does. */
  function run(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const { scripts } = JSON.parse(readFileSync(path.join(clone, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    const search = [path.join(clone, 'bin'), path.dirname(process.execPath), '/usr/bin', '/bin'].join(':');
    return tryCommand(['sh', '-c', `${scripts[name]} "$@"`, name, ...args], { cwd: clone, env: { PATH: search, ...env } });
  }

  it.each([
    ['start', [], ['--port', '--ca-bundle']],
    ['testbed', [], ['npm run testbed -- install', 'conformance']],
    ['testbed', ['cluster'], ['cluster up']],
    ['bench', [], ['--rounds N', 'latency']],
    ['images', [], ['--platform OS/ARCH', 'controller, proxy, csi']],
    ['generate', [], ['--accept-breaking-change']],
    ['release', [], ['npm run release -- 0.2.0 --dry-run', 'refused; then nothing has changed']],
    ['cli', [], ['connectors check NAMESPACE/NAME', 'connectors COMMAND --help']],
    ['cli', ['check'], ['--as NAMESPACE/NAME', 'Exit status']],
    ['check', [], ['security rules', 'fails if a step changes a file']],
    ['format', [], ['--check']],
  ])('npm run %s -- %p --help prints the help before anything is installed or built', async (name, args, mentions) => {
    for (const option of ['--help', '-h']) {
      const { status, stdout, stderr } = await run(name, [...args, option]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      for (const mention of mentions) {
        expect(stdout).toContain(mention);
      }
    }
    expect(npmCalls()).toEqual([]);
    expect(existsSync(path.join(clone, 'dist'))).toBe(false);
  });

  it.each([
    ['start', ['--chek'], "Unknown option '--chek'", 'see npm start -- --help'],
    ['start', ['sample.yaml'], 'npm requires -- before options: npm start -- …', 'see npm start -- --help'],
    ['start', ['-f', 'absent.yaml'], '--filename: cannot read absent.yaml: there is no such file', 'see npm start'],
    ['start', ['-f', ''], '--filename: the name of the file is empty', 'see npm start'],
    ['start', ['-f', 'https://'], '--filename: https:// is not a URL', 'see npm start'],
    ['start', ['-f', '-', '-f', '-'], '--filename: - can be given only once', 'see npm start'],
    ['start', ['--ca-bundle', 'tools'], '--ca-bundle: tools is a directory; name a file', 'see npm start'],
    ['start', ['--port', '0x50'], '--port: "0x50" is not a port (1 to 65535)', 'see npm start'],
    ['start', ['--port', '9000', '--https-port', '9000'], '--port and --https-port are the same', 'see npm start'],
    ['testbed', ['rum', 'all'], 'unknown command: rum all; choose one of install, run,', 'see npm run testbed -- --help'],
    ['testbed', ['run', 'toString'], 'unknown suite: toString; choose from all, cluster', 'see npm run testbed -- --help'],
    ['testbed', ['run'], 'no suite is named; choose from all, cluster', 'see npm run testbed -- --help'],
    ['testbed', ['which'], 'usage: npm run testbed -- which TOOL', 'see npm run testbed -- --help'],
    ['testbed', ['cluster', 'sideways'], 'unknown command: cluster sideways; choose one of up, down', 'see npm run testbed -- --help'],
    ['bench', ['speed'], 'unknown benchmark: speed; choose from cpu', 'see npm run bench -- --help'],
    ['bench', ['--rounds', 'x'], '--rounds: "x" is not a positive whole number', 'see npm run bench -- --help'],
    ['images', ['csy'], 'unknown image: csy; choose from controller, proxy, csi', 'see npm run images -- --help'],
    ['images', ['--push'], '--push: name the registry with --registry HOST[/PATH]', 'see npm run images -- --help'],
    ['images', ['--platform', 'arm64'], '--platform: "arm64" is not of the form linux/ARCH', 'see npm run images -- --help'],
    ['release', [], 'name one version, such as 0.2.0, or the command manifests', 'see npm run release -- --help'],
    ['release', ['v0.2.0'], '"v0.2.0": write the version without the v: 0.2.0', 'see npm run release -- --help'],
    ['release', ['0.2'], '"0.2" is not a version of semantic versioning', 'see npm run release -- --help'],
    ['release', ['0.2.0', '--push'], '--push: name the registry with --registry HOST[/PATH]', 'see npm run release -- --help'],
    ['generate', ['--accept'], "Unknown option '--accept'", 'see npm run generate -- --help'],
    ['cli', ['chek'], 'unknown command: chek; choose one of check, lint', 'see npm run cli -- --help'],
    ['cli', ['check'], 'name one Connector: connectors check NAMESPACE/NAME', 'see npm run cli -- --help'],
    ['check', ['--fast'], 'usage: npm run check', ''],
    ['format', ['--chek'], 'usage: npm run format', ''],
  ])('npm run %s -- %p is refused before anything is installed, with a hint to the help', async (name, args, message, help) => {
    const { status, stdout, stderr } = await run(name, args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(help);
    expect(npmCalls()).toEqual([]);
  });

  it('npm start -- --help lists every kind that can be applied', async () => {
    const { stdout } = await run('start', ['--help']);
    const kinds = /^Kinds that FILE may contain:\n(.*), and a List of them$/ms
      .exec(stdout)?.[1]
      ?.split(/,\s+/)
      .map((kind) => kind.trim());
    expect(kinds?.sort()).toEqual([...APPLICABLE_KINDS].sort());
  });

  it.each([
    ['start', ['--check']],
    ['test', []],
    ['check', []],
    ['build', []],
    ['format', []],
    ['lint', []],
    ['typecheck', []],
    ['generate', []],
    ['bench', ['cpu']],
    ['testbed', ['which', 'kubectl']],
    ['cli', ['version']],
  ])('npm run %s installs the dependencies first, and explains a failure', async (name, args) => {
    const { status, stdout, stderr } = await run(name, args);
    expect(npmCalls()).toEqual([expect.stringMatching(/^ci --ignore-scripts --include=dev --include=optional /)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /^… installing the dependencies: they are missing \(about a minute\)\nno network\nThe dependencies are not installed: npm ci failed with status 3; its messages are above\.\n.*npm registry/,
    );
  });

  it.each<[string, Lock | undefined, string | undefined]>([
    ['exactly the packages of package-lock.json are installed, without those for other systems', INSTALLED, undefined],
    ['an installation was interrupted', undefined, 'they are missing'],
    [
      'another version is installed',
      { packages: { 'node_modules/one': { version: '0.9.0', integrity: 'sha512-one' } } },
      'package-lock.json has changed since',
    ],
    [
      'other content is installed',
      { packages: { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-other' } } },
      'package-lock.json has changed since',
    ],
    ['a package is missing', { packages: {} }, 'package-lock.json has changed since'],
    [
      'an additional package is installed',
      { packages: { ...INSTALLED.packages, 'node_modules/old': { version: '1.0.0' } } },
      'package-lock.json has changed since',
    ],
  ])('when %s, the installation is checked by its content, not by file times', async (_what, installed, reason) => {
    if (installed) {
      write('node_modules/.package-lock.json', installed);
    }
    mkdirSync(path.join(clone, 'node_modules/.bin'), { recursive: true });
    writeFileSync(path.join(clone, 'node_modules/.bin/nx'), 'console.log("nx", ...process.argv.slice(2))');
    // Newer than the installation, as after git clone or checkout.
    write('package-lock.json', LOCK);
    const { status, stdout, stderr } = await run('test', ['--projects=proxy']);
    expect(npmCalls()).toHaveLength(reason === undefined ? 0 : 1);
    if (reason === undefined) {
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'nx run-many -t test --projects=proxy\n', stderr: '' });
    } else {
      expect(stderr).toContain(`… installing the dependencies: ${reason}`);
    }
  });

  it('a Node.js version that is too old is reported, and nothing else happens', async () => {
    writeFileSync(
      path.join(clone, 'old.cjs'),
      `
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.18.3' } });
      Object.defineProperty(process, 'version', { value: 'v20.18.3' });`,
    );
    const env = { NODE_OPTIONS: `--require="${path.join(clone, 'old.cjs')}"` };
    for (const name of ['start', 'test', 'check', 'testbed', 'bench']) {
      const { status, stdout, stderr } = await run(name, ['start', 'test'].includes(name) ? ['--check'] : [], env);
      expect({ name, status, stdout, stderr }).toEqual({
        name,
        status: 1,
        stdout: '',
        stderr: 'Node.js 20.19 or later is needed; this is v20.18.3\n',
      });
    }
    expect(npmCalls()).toEqual([]);
  });
});
