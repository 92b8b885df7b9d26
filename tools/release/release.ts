import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readCommit } from '../images/commit';
import { formatTable } from '../processes/progress';
import { workspaceRoot } from '../processes/workspace';
import { buildRelease, releaseDirectory, type BuiltRelease } from './build-release';
import { type ReleaseLine } from './command-line.mjs';
import { prepareRelease, VERSIONED } from './prepare-release';
import { pushRelease, signRelease } from './publish-release';
import { isPrepared, problemsOf, readState, ReleaseRefused, tagOf } from './release-state';
import { findTools, type Tools } from './release-tools';

/**
 * Makes a release: sets the version and commits it, unless the commit has it already, and builds, pushes and signs.
 *
 * @param args the command line, with which the second part runs
 * @returns the exit status
 * @throws ReleaseRefused before anything has changed
 */
export async function release(line: ReleaseLine, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const state = await readState(line.version);
  const problems = problemsOf(state, line.version);
  if (problems.length > 0) {
    throw new ReleaseRefused(problems);
  }
  const prepared = isPrepared(state, line.version);
  if (line.dryRun) {
    console.log(planOf(line, prepared).join('\n'));
    return 0;
  }
  const tools = await findTools(neededTools(line, prepared));
  if (!prepared) {
    const { epoch } = await readCommit(env['SOURCE_DATE_EPOCH']);
    await prepareRelease({ version: line.version, epoch, helm: tools.helm });
    console.log(`committed version ${line.version}`);
  }
  if (line.prepare) {
    console.log(`next: git tag ${tagOf(line.version)}, and push the commit and the tag`);
    return 0;
  }
  // This program was bundled with the version before.
  return prepared ? publish(line, tools, env) : again(args, env);
}

function neededTools({ prepare, signKey }: ReleaseLine, prepared: boolean): (keyof Tools)[] {
  const setting: (keyof Tools)[] = prepared ? [] : ['helm'];
  return prepare ? setting : ['helm', 'buildah', 'oras', ...(signKey === undefined ? [] : ['cosign' as const])];
}

async function again(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, ['tools/run.mjs', 'release', ...args], { cwd: workspaceRoot, stdio: 'inherit', env });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

async function publish(line: ReleaseLine, tools: Tools, env: NodeJS.ProcessEnv): Promise<number> {
  const built = await buildRelease(line, tools, env);
  if (line.push) {
    await pushRelease(built, line, tools);
  }
  if (line.signKey === undefined) {
    console.log('not signed: there is no key; give one with --sign-key or COSIGN_KEY');
  } else {
    await signRelease(built, line, tools);
  }
  report(built, line);
  return 0;
}

function report({ published }: BuiltRelease, { version, registry, push }: ReleaseLine): void {
  const prefix = push ? `${registry}/` : '';
  const rows = published.map(({ name, digest }) => [`${prefix}${name}`, digest]);
  console.log(
    `\n${formatTable([push ? 'pushed' : 'in the layout oci', 'digest'], rows)}\n\nThe release is in ${releaseDirectory(version)}`,
  );
}

/** Says what a run without --dry-run would do. */
function planOf(line: ReleaseLine, prepared: boolean): string[] {
  const { version, registry, push, signKey, prepare, platforms } = line;
  const setting = prepared
    ? [`The commit has version ${version} already; no file is changed.`]
    : [`Set version ${version} in ${VERSIONED.join(', ')}; commit it as "chore(release): ${version}".`];
  if (prepare) {
    return setting;
  }
  return [
    ...setting,
    `Build the images controller, proxy and csi for ${platforms.join(', ')}${registry === undefined ? '' : `, named ${registry}/connectors-NAME:${version}`}.`,
    `Write the images, the chart, crds.yaml, install.yaml, kubectl-connectors, SBOMs, digests.txt and SHA256SUMS to ${releaseDirectory(version)}.`,
    push ? `Push the images with their SBOMs, and the chart, to ${registry}.` : 'Push nothing: --push is not given.',
    signKey === undefined
      ? 'Sign nothing: neither --sign-key nor COSIGN_KEY is given.'
      : `Sign SHA256SUMS${push ? ' and what was pushed' : ''}.`,
    'Nothing has been changed: this is a dry run.',
  ];
}
