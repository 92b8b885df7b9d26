import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import { DEBIAN_PACKAGES, GO_PROJECTS, GO_TEMPLATES, GO_TOOLS, IMAGE_NODE, OWN_PROGRAMS, type GoProject, toolDirectory, toolPath } from './toolchain';
import { testbedEnvironment } from './testbed.config';

const HALF_AN_HOUR = 30 * 60_000;

/** Installs or builds whatever of the toolchain is missing. Needs root, Go and the package registries. */
export async function install(): Promise<void> {
  await installDebianPackages();
  await mkdir(path.join(toolDirectory, 'bin'), { recursive: true });
  for (const tool of GO_TOOLS) await installGoTool(tool);
  await downloadTemplateModules();
  for (const project of GO_PROJECTS) await installGoProject(project);
  await installImageNode();
  process.stdout.write(`tools are ready in ${toolDirectory}\n`);
}

async function installDebianPackages(): Promise<void> {
  const missing = Object.entries(DEBIAN_PACKAGES)
    .filter(([, files]) => !files.every((file) => existsSync(file)))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const env = { ...testbedEnvironment.all, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`installing Debian packages: ${missing.join(', ')}`, async () => {
    await runCommand(['apt-get', 'update', '-qq'], { env, timeout: HALF_AN_HOUR });
    await runCommand(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing], { env, timeout: HALF_AN_HOUR });
  });
}

async function installGoTool(tool: (typeof GO_TOOLS)[number]): Promise<void> {
  if (existsSync(toolPath(tool.name))) return;
  await withTemporaryDirectory(async (directory) => {
    const env = { ...testbedEnvironment.all, GOBIN: directory, GOFLAGS: '-buildvcs=false' };
    await step(`building ${tool.name} ${tool.version}`, () =>
      runCommand(['go', 'install', ...buildFlags(), `${tool.module}@${tool.version}`], { env, timeout: HALF_AN_HOUR }),
    );
    await keep(path.join(directory, path.basename(tool.module)), tool.name);
  });
}

/** The suite `templates` builds its Go program where there is no way out. */
async function downloadTemplateModules(): Promise<void> {
  await runCommand(['go', 'mod', 'download'], { cwd: GO_TEMPLATES, env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
}

/** Nobody debugs these programs; and a package is the same wherever it is built, so that what one build has compiled serves the next. */
function buildFlags(ldflags = ''): string[] {
  return ['-trimpath', `-ldflags=-s -w ${ldflags}`];
}

async function installGoProject(project: GoProject): Promise<void> {
  const missing = project.programs.filter(({ name }) => !existsSync(toolPath(name)));
  if (missing.length === 0) return;
  await withTemporaryDirectory(async (directory) => {
    const env = { ...testbedEnvironment.all, GOFLAGS: '-buildvcs=false -mod=mod' };
    const built = path.join(directory, 'built');
    await cp(OWN_PROGRAMS, directory, { recursive: true });
    await writeFile(path.join(directory, 'go.mod'), await goModOf(project, directory));
    await step(`building ${project.name}: ${missing.map(({ name, version }) => `${name} ${version}`).join(', ')}`, () =>
      runCommand(['go', 'build', ...buildFlags(project.ldflags), '-o', `${built}/`, ...missing.map(({ main }) => main)], { cwd: directory, env, timeout: HALF_AN_HOUR }),
    );
    for (const { name } of missing) await keep(path.join(built, name), name);
  });
}

/** A module of our own; its replacements send staging modules to their published versions. */
async function goModOf({ requires, staging }: GoProject, cwd: string): Promise<string> {
  const modules = Object.entries(requires).map(([module, version]) => ({ module, version }));
  const [first] = modules;
  const staged = staging && first ? await stagingModules(`${first.module}@${first.version}`, cwd) : [];
  return [
    'module testbed',
    'go 1.26',
    ...modules.map(({ module, version }) => `require ${module} ${version}`),
    ...staged.map((module) => `replace ${module} => ${module} ${staging}`),
    '',
  ].join('\n');
}

async function stagingModules(project: string, cwd: string): Promise<string[]> {
  const answer = await runCommand(['go', 'mod', 'download', '-json', project], { cwd, env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
  const { GoMod } = JSON.parse(answer) as { GoMod: string };
  const replaced = (await readFile(GoMod, 'utf8')).matchAll(/^\s*(?:replace )?(k8s\.io\/[a-z-]+) => \.\/staging/gm);
  return [...replaced].map(([, name]) => name ?? '');
}

async function installImageNode(): Promise<void> {
  if (existsSync(toolPath('node24'))) return;
  const prefix = path.join(toolDirectory, 'node24');
  await step(`fetching Node.js ${IMAGE_NODE.version}`, () =>
    runCommand(
      ['npm', 'install', '--ignore-scripts', '--no-save', '--prefix', prefix, `${IMAGE_NODE.package}@${IMAGE_NODE.version}`],
      { env: testbedEnvironment.all, timeout: HALF_AN_HOUR },
    ),
  );
}

/** Moves a built file to its place in one rename, so that an interrupted run leaves nothing half-written. */
async function keep(built: string, name: string): Promise<void> {
  const target = toolPath(name);
  await cp(built, `${target}.part`);
  await rename(`${target}.part`, target);
}

async function withTemporaryDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'testbed-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
