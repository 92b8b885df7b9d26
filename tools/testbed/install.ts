import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import { DEBIAN_PACKAGES, GO_TEMPLATES, GO_TOOLS, IMAGE_NODE, KUBERNETES, toolDirectory, toolPath } from './toolchain';
import { testbedEnvironment } from './testbed.config';

const HALF_AN_HOUR = 30 * 60_000;

/** Installs or builds whatever of the toolchain is missing. Needs root, Go and the package registries. */
export async function install(): Promise<void> {
  await installDebianPackages();
  await mkdir(path.join(toolDirectory, 'bin'), { recursive: true });
  for (const tool of GO_TOOLS) await installGoTool(tool);
  await downloadTemplateModules();
  await installKubernetes();
  await installImageNode();
  process.stdout.write(`tools are ready in ${toolDirectory}\n`);
}

async function installDebianPackages(): Promise<void> {
  const missing = Object.entries(DEBIAN_PACKAGES)
    .filter(([, file]) => !existsSync(file))
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
      runCommand(['go', 'install', `${tool.module}@${tool.version}`], { env, timeout: HALF_AN_HOUR }),
    );
    await keep(path.join(directory, path.basename(tool.module)), tool.name);
  });
}

/** The suite `templates` builds its Go program where there is no way out. */
async function downloadTemplateModules(): Promise<void> {
  await runCommand(['go', 'mod', 'download'], { cwd: GO_TEMPLATES, env: testbedEnvironment.all, timeout: HALF_AN_HOUR });
}

async function installKubernetes(): Promise<void> {
  const missing = KUBERNETES.commands.filter((name) => !existsSync(toolPath(name)));
  if (missing.length === 0) return;
  await withTemporaryDirectory(async (directory) => {
    const env = { ...testbedEnvironment.all, GOFLAGS: '-buildvcs=false -mod=mod' };
    await writeFile(path.join(directory, 'go.mod'), await kubernetesGoMod(directory));
    await step(`building Kubernetes ${KUBERNETES.version}: ${missing.join(', ')}`, async () => {
      const packages = missing.map((name) => `k8s.io/kubernetes/cmd/${name}`);
      // Without this the programs call themselves v0.0.0, which kubectl cannot parse.
      const version = `-X k8s.io/component-base/version.gitVersion=${KUBERNETES.version}`;
      await runCommand(['go', 'build', '-ldflags', version, '-o', `${directory}/`, ...packages], {
        cwd: directory,
        env,
        timeout: HALF_AN_HOUR,
      });
    });
    for (const name of missing) await keep(path.join(directory, name), name);
  });
}

/** A module of our own whose replacements send the staging modules to their published versions. */
async function kubernetesGoMod(cwd: string): Promise<string> {
  const { version, staging, commands } = KUBERNETES;
  const answer = await runCommand(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@${version}`], {
    cwd,
    env: testbedEnvironment.all,
    timeout: HALF_AN_HOUR,
  });
  const { GoMod } = JSON.parse(answer) as { GoMod: string };
  const replaced = [...(await readFile(GoMod, 'utf8')).matchAll(/^\s*(?:replace )?(k8s\.io\/[a-z-]+) => \.\/staging/gm)];
  return [
    'module testbed',
    'go 1.26',
    `require k8s.io/kubernetes ${version}`,
    ...replaced.map(([, module]) => `replace ${module} => ${module} ${staging}`),
    ...commands.map((name) => `tool k8s.io/kubernetes/cmd/${name}`),
    '',
  ].join('\n');
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
