import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import {
  ARM_PACKAGES,
  armFiles,
  assetsPath,
  DEBIAN_PACKAGES,
  GO_PROJECTS,
  GO_TEMPLATES,
  GO_TOOLS,
  IMAGE_NODE,
  NEEDED_PACKAGES,
  operatorCrds,
  OPERATOR_KINDS,
  OWN_PROGRAMS,
  PROMETHEUS_OPERATOR,
  type GoProject,
  toolDirectory,
  toolPath,
} from './toolchain';
import { testbedEnvironment } from './testbed.config';

const HALF_AN_HOUR = 30 * 60_000;

/** Limit of a build, in milliseconds. It only ends a build that hangs: on two busy cores, Kubernetes alone takes more than half an hour. */
const BUILD_MS = 2 * 60 * 60_000;

/** Installs or builds the missing tools. Requires root, Go and access to the package registries. */
export async function install(): Promise<void> {
  await installDebianPackages();
  await mkdir(path.join(toolDirectory, 'bin'), { recursive: true });
  await twoAtATime([
    // The longest builds first.
    ...GO_PROJECTS.map((project) => () => installGoProject(project)),
    ...GO_TOOLS.map((tool) => () => installGoTool(tool)),
    downloadTemplateModules,
    fetchOperatorCrds,
    installImageNode,
    fetchArmFiles,
  ]);
  process.stdout.write(`tools are ready in ${toolDirectory}\n`);
}

/**
 * Runs two jobs at a time. A build uses every processor until its last package, and then only one, for the linker or the C compiler. A
 * second build uses the others; a third would only need more memory. All jobs run to their end, even if one fails.
 *
 * @throws Error with the messages of all failed jobs
 */
async function twoAtATime(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const limit = pLimit(2);
  const results = await Promise.allSettled(jobs.map((job) => limit(job)));
  const problems = results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Error).message] : []));
  if (problems.length > 0) {
    throw new Error(problems.join('\n\n'));
  }
}

async function installDebianPackages(): Promise<void> {
  const missing = Object.entries({ ...DEBIAN_PACKAGES, ...NEEDED_PACKAGES })
    .filter(([, files]) => !files.every((file) => existsSync(file)))
    .map(([name]) => name);
  if (missing.length === 0) {
    return;
  }
  const env = { ...testbedEnvironment.all, DEBIAN_FRONTEND: 'noninteractive' };
  await step(`installing Debian packages: ${missing.join(', ')}`, async () => {
    await runCommand(['apt-get', 'update', '-qq'], { env, timeout: HALF_AN_HOUR });
    await runCommand(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...missing], { env, timeout: HALF_AN_HOUR });
  });
}

async function installGoTool(tool: (typeof GO_TOOLS)[number]): Promise<void> {
  if (existsSync(toolPath(tool.name))) {
    return;
  }
  await withTemporaryDirectory(async (directory) => {
    const env = { ...testbedEnvironment.all, GOBIN: directory, GOFLAGS: '-buildvcs=false' };
    await step(`building ${tool.name} ${tool.version}`, () =>
      runCommand(['go', 'install', ...buildFlags(), `${tool.module}@${tool.version}`], { env, timeout: BUILD_MS }),
    );
    await keep(path.join(directory, path.basename(tool.module)), tool.name);
  });
}

/** Downloads the modules in advance, because the suite `templates` builds its Go program without network access. */
async function downloadTemplateModules(): Promise<void> {
  await runCommand(['go', 'mod', 'download'], { cwd: GO_TEMPLATES, env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
}

/**
 * Returns flags that omit debug information, which is not needed, and paths, so that a compiled package is the same in every directory
 * and the next build can use it from the cache.
 */
function buildFlags(ldflags = ''): string[] {
  return ['-trimpath', `-ldflags=-s -w ${ldflags}`];
}

async function installGoProject(project: GoProject): Promise<void> {
  const missing = project.programs.filter(({ name }) => !existsSync(toolPath(name)));
  if (missing.length === 0) {
    return withTemporaryDirectory((directory) => keepAssets(project, directory));
  }
  await withTemporaryDirectory(async (directory) => {
    const env = { ...testbedEnvironment.all, GOFLAGS: '-buildvcs=false -mod=mod' };
    const built = path.join(directory, 'built');
    await cp(OWN_PROGRAMS, directory, { recursive: true });
    await writeFile(path.join(directory, 'go.mod'), await goModOf(project, directory));
    const tags = project.tags ? ['-tags', project.tags] : [];
    const command = [
      'go',
      'build',
      ...buildFlags(project.ldflags),
      ...tags,
      '-o',
      `${built}/`,
      ...missing.map(({ main }) => main),
    ] as const;
    await step(`building ${project.name}: ${missing.map(({ name, version }) => `${name} ${version}`).join(', ')}`, () =>
      runCommand(command, { cwd: directory, env, timeout: BUILD_MS }),
    );
    await keepAssets(project, directory);
    for (const { name, main } of missing) {
      await keep(path.join(built, path.basename(main)), name);
    }
  });
}

/** Copies the assets that are missing, because the module cache may be cleaned. */
async function keepAssets({ assets = [], requires, programs: [program] }: GoProject, cwd: string): Promise<void> {
  const place = (asset: string): string => path.join(assetsPath(program?.name ?? ''), asset);
  const missing = assets.filter((asset) => !existsSync(place(asset)));
  if (missing.length === 0) {
    return;
  }
  const { Dir } = await downloadModule(firstOf(requires), cwd);
  for (const asset of missing) {
    await cp(path.join(Dir, asset), `${place(asset)}.part`, { recursive: true });
    await rename(`${place(asset)}.part`, place(asset));
  }
}

/** Returns the go.mod of our own module, with the replacements that the first required module needs. */
async function goModOf(project: GoProject, cwd: string): Promise<string> {
  const modules = Object.entries(project.requires).map(([module, version]) => `require ${module} ${version}`);
  return ['module testbed', 'go 1.26', ...modules, ...(await replacementsOf(project, cwd)), ''].join('\n');
}

/**
 * Returns the replace lines for the modules that the go.mod of the first required module replaces: staging modules by their published
 * versions, others as in that go.mod.
 */
async function replacementsOf({ requires, staging, ownReplacements }: GoProject, cwd: string): Promise<string[]> {
  if (!staging && !ownReplacements) {
    return [];
  }
  const { GoMod } = await downloadModule(firstOf(requires), cwd);
  const lines = [...(await readFile(GoMod, 'utf8')).matchAll(/^\s*(?:replace )?(\S+) => (\S+)(?: (v\S+))?/gm)];
  return lines.flatMap(([, module = '', target = '', version]) => {
    if (version) {
      return ownReplacements ? [`replace ${module} => ${target} ${version}`] : [];
    }
    return staging && target.startsWith('./staging') ? [`replace ${module} => ${module} ${staging}`] : [];
  });
}

/** Returns `MODULE@VERSION` of the first module that a project requires. */
function firstOf(requires: GoProject['requires']): string {
  const [[module, version] = ['', '']] = Object.entries(requires);
  return `${module}@${version}`;
}

async function downloadModule(module: string, cwd: string): Promise<{ readonly GoMod: string; readonly Dir: string }> {
  const answer = await runCommand(['go', 'mod', 'download', '-json', module], { cwd, env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
  return JSON.parse(answer) as { GoMod: string; Dir: string };
}

/** Copies the published CRDs from the Go module of the operator, because the module cache may be cleaned. */
async function fetchOperatorCrds(): Promise<void> {
  if (existsSync(operatorCrds)) {
    return;
  }
  const { module, version } = PROMETHEUS_OPERATOR;
  await step(`fetching the CRDs of the Prometheus Operator ${version}`, async () => {
    const { Dir } = await downloadModule(`${module}@${version}`, tmpdir());
    const part = `${operatorCrds}.part`;
    for (const name of OPERATOR_KINDS.map((kind) => `monitoring.coreos.com_${kind}.yaml`)) {
      await cp(path.join(Dir, 'example/prometheus-operator-crd', name), path.join(part, name));
    }
    await rename(part, operatorCrds);
  });
}

async function installImageNode(): Promise<void> {
  if (existsSync(toolPath('node24'))) {
    return;
  }
  const prefix = path.join(toolDirectory, 'node24');
  await step(`fetching Node.js ${IMAGE_NODE.version}`, () =>
    runCommand(['npm', 'install', '--ignore-scripts', '--no-save', '--prefix', prefix, `${IMAGE_NODE.package}@${IMAGE_NODE.version}`], {
      env: testbedEnvironment.all,
      timeout: HALF_AN_HOUR,
    }),
  );
}

/** Fetches Node.js, its libraries and busybox for arm64, for the base images of that platform. */
async function fetchArmFiles(): Promise<void> {
  if (existsSync(armFiles.directory)) {
    return;
  }
  await withTemporaryDirectory(async (directory) => {
    await step(`fetching Node.js ${IMAGE_NODE.version} and its libraries for arm64`, async () => {
      // Not installed: npm would refuse a package for another processor.
      const pack = ['npm', 'pack', '--silent', '--pack-destination', directory, `${IMAGE_NODE.armPackage}@${IMAGE_NODE.version}`] as const;
      await runCommand([...pack], { env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
      await runCommand(['tar', '-C', directory, '-xf', path.join(directory, `${IMAGE_NODE.armPackage}-${IMAGE_NODE.version}.tgz`)]);
      const libraries = path.join(directory, path.basename(armFiles.libraries));
      await unpackArmPackages(directory, libraries);
      await rename(path.join(directory, 'package/bin/node'), path.join(directory, path.basename(armFiles.node)));
      await rename(path.join(libraries, 'bin/busybox'), path.join(directory, path.basename(armFiles.busybox)));
      // Documentation, and scripts that no image needs.
      await rm(path.join(libraries, 'usr/share'), { recursive: true });
    });
    const part = `${armFiles.directory}.part`;
    for (const file of [armFiles.node, armFiles.busybox, armFiles.libraries].map((name) => path.basename(name))) {
      await cp(path.join(directory, file), path.join(part, file), { recursive: true, verbatimSymlinks: true });
    }
    await rename(part, armFiles.directory);
  });
}

/** Downloads and unpacks Debian packages for arm64. apt has lists of its own for them, so the packages of this machine stay as they are. */
async function unpackArmPackages(directory: string, root: string): Promise<void> {
  const [lists, cache, status] = ['lists', 'cache', 'status'].map((name) => path.join(directory, name)) as [string, string, string];
  for (const place of [path.join(lists, 'partial'), path.join(cache, 'archives', 'partial')]) {
    await mkdir(place, { recursive: true });
  }
  await writeFile(status, '');
  const options = {
    'APT::Architecture': 'arm64',
    'APT::Architectures': 'arm64',
    'Dir::State::lists': lists,
    'Dir::State::status': status,
    'Dir::Cache': cache,
  };
  // As root, because the user of apt cannot write to a temporary directory.
  const apt = [
    'apt-get',
    '-qq',
    '-o',
    'APT::Sandbox::User=root',
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ] as const;
  const run = { cwd: directory, env: testbedEnvironment.all, timeout: HALF_AN_HOUR };
  await runCommand([...apt, 'update'], run);
  await runCommand([...apt, 'download', ...ARM_PACKAGES], run);
  for (const file of (await readdir(directory)).filter((name) => name.endsWith('.deb'))) {
    await runCommand(['dpkg', '-x', path.join(directory, file), root]);
  }
}

/** Moves a built file to its place in one rename, so that an interrupted run leaves no incomplete file. */
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
