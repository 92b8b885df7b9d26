import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';

/** The commit that images are built from. */
export interface Commit {
  /** Its hash, with `-dirty` if files differ from it. */
  readonly revision: string;
  /** Its time, in seconds since the epoch. */
  readonly epoch: string;
}

/** Reads the commit of the workspace. @param epoch replaces its time, as SOURCE_DATE_EPOCH does for other build tools */
export async function readCommit(epoch?: string): Promise<Commit> {
  const git = async (...args: string[]): Promise<string> => (await runCommand(['git', ...args], { cwd: workspaceRoot })).trim();
  const [hash = '', time = ''] = (await git('log', '-1', '--format=%H %ct')).split(' ');
  const changes = await git('status', '--porcelain', '--untracked-files=no');
  return { revision: changes === '' ? hash : `${hash}-dirty`, epoch: epoch ?? time };
}
