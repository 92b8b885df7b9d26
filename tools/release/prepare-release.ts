import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isoTime } from '../images/sbom';
import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { releaseChangelog } from './changelog';
import { INSTALL_MANIFEST, renderInstallManifest } from './install-manifest';

/** The files that contain the version; the CRDs are generated. */
export const VERSIONED = [
  'package.json',
  'package-lock.json',
  'CHANGELOG.md',
  'deploy/chart/Chart.yaml',
  'deploy/chart/crds',
  INSTALL_MANIFEST,
];

export interface Preparation {
  readonly version: string;
  /** Time of the release in the changelog, in seconds since the epoch. */
  readonly epoch: string;
  readonly helm: string;
}

/** Sets the version in all files, and commits them. Restores the files when that fails. The tree has no other changes. */
export async function prepareRelease(preparation: Preparation): Promise<void> {
  const { version } = preparation;
  try {
    await step(`setting version ${version}`, () => setVersion(preparation));
    await git('commit', '--quiet', '--message', `chore(release): ${version}`, '--', ...VERSIONED);
  } catch (error) {
    await git('checkout', '--quiet', 'HEAD', '--', '.');
    throw error;
  }
}

const FIVE_MINUTES = 5 * 60_000;

async function setVersion({ version, epoch, helm }: Preparation): Promise<void> {
  await edit('package.json', (text) => text.replace(/^( {2}"version": )"[^"]*"/m, `$1"${version}"`));
  await edit('package-lock.json', (text) => withLockedVersion(text, version));
  await edit('deploy/chart/Chart.yaml', (text) => text.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`));
  await edit('CHANGELOG.md', (text) => releaseChangelog(text, version, isoTime(epoch).slice(0, 10)));
  await runCommand([process.execPath, 'tools/run.mjs', 'generate'], { cwd: workspaceRoot, timeout: FIVE_MINUTES });
  await edit(INSTALL_MANIFEST, () => renderInstallManifest(helm));
}

function withLockedVersion(text: string, version: string): string {
  const lock = JSON.parse(text) as { version: string; packages: Record<string, { version: string }> };
  const own = { ...lock.packages[''], version };
  return `${JSON.stringify({ ...lock, version, packages: { ...lock.packages, '': own } }, null, 2)}\n`;
}

async function edit(file: string, change: (text: string) => string | Promise<string>): Promise<void> {
  const place = path.join(workspaceRoot, file);
  await writeFile(place, await change(await readFile(place, 'utf8')));
}

function git(...args: string[]): Promise<string> {
  return runCommand(['git', ...args], { cwd: workspaceRoot });
}
