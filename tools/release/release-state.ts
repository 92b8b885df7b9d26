import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { releasedVersions, sectionOf, unreleased } from './changelog';
import { compareVersions, isVersion } from './version.mjs';

/** What a release depends on. */
export interface ReleaseState {
  /** Version in package.json. */
  readonly current: string;
  readonly changelog: string;
  /** Versions of the tags. */
  readonly tagged: readonly string[];
  /** Commit of the tag of the version that is to be released. */
  readonly tagCommit?: string;
  readonly head: string;
  /** Files that differ from the commit. */
  readonly changed: readonly string[];
}

/** The tag of a version. */
export const tagOf = (version: string): string => `v${version}`;

/** A release that is refused before anything has changed. */
export class ReleaseRefused extends Error {
  constructor(problems: readonly string[]) {
    super(problems.map((problem) => `refused: ${problem}`).join('\n'));
  }
}

const git = async (...args: string[]): Promise<string> => (await runCommand(['git', ...args], { cwd: workspaceRoot })).trimEnd();

export async function readState(version: string): Promise<ReleaseState> {
  const { version: current } = JSON.parse(await readFile(path.join(workspaceRoot, 'package.json'), 'utf8')) as { version: string };
  const tags = (await git('tag', '--list')).split('\n');
  const tag = await tryCommand(['git', 'rev-parse', '--verify', '--quiet', `refs/tags/${tagOf(version)}^{commit}`], { cwd: workspaceRoot });
  const status = await git('status', '--porcelain');
  return {
    current,
    changelog: await readFile(path.join(workspaceRoot, 'CHANGELOG.md'), 'utf8'),
    tagged: tags.flatMap((name) => (name.startsWith('v') && isVersion(name.slice(1)) ? [name.slice(1)] : [])),
    tagCommit: tag.status === 0 ? tag.stdout.trim() : undefined,
    head: await git('rev-parse', 'HEAD'),
    changed: status === '' ? [] : status.split('\n').map((line) => line.slice(3)),
  };
}

/** Whether the files have the version already, as at its tag. */
export function isPrepared({ current, changelog }: ReleaseState, version: string): boolean {
  return current === version && sectionOf(changelog, version) !== undefined;
}

/** Returns why the version cannot be released. */
export function problemsOf(state: ReleaseState, version: string): string[] {
  const problems = isPrepared(state, version) ? problemsOfPrepared(state, version) : problemsOfNew(state, version);
  return state.changed.length === 0
    ? problems
    : [...problems, `changes that are not committed: ${listed(state.changed)}; commit or stash them`];
}

function problemsOfPrepared({ tagCommit, head, changelog }: ReleaseState, version: string): string[] {
  if (tagCommit === head) {
    return [];
  }
  if (tagCommit !== undefined) {
    return [`the tag ${tagOf(version)} exists, at another commit: git checkout ${tagOf(version)}, or choose a later version`];
  }
  return unreleased(changelog) === undefined
    ? []
    : [`CHANGELOG.md has entries under "Unreleased", which ${version} would contain; choose a later version`];
}

function problemsOfNew({ current, changelog, tagged, tagCommit }: ReleaseState, version: string): string[] {
  const [latest] = [...tagged, ...releasedVersions(changelog)].sort((one, other) => compareVersions(other, one));
  const nothing = unreleased(changelog) === undefined ? ['CHANGELOG.md has nothing under "## Unreleased"; say there what has changed'] : [];
  if (tagCommit !== undefined) {
    return [`the tag ${tagOf(version)} exists; choose a later version`, ...nothing];
  }
  if (latest !== undefined && compareVersions(version, latest) <= 0) {
    return [`${version} is not greater than ${latest}, the last release`, ...nothing];
  }
  // The first release may have the version that package.json has from the beginning.
  return compareVersions(version, current) < 0 ? [`${version} is lower than ${current}, the version in package.json`, ...nothing] : nothing;
}

function listed(files: readonly string[]): string {
  const [shown, more] = [files.slice(0, 3).join(', '), files.length - 3];
  return more > 0 ? `${shown} and ${more} more` : shown;
}
