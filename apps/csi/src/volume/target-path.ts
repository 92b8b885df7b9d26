import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError } from './volume.errors';

/** PATH_MAX of Linux, in bytes. */
const MAX_LENGTH = 4_096;

/**
 * Where a volume may be: below the kubelet's directory, reached without a symbolic link. Whoever could make the driver, which is
 * root, write or mount elsewhere would own the node.
 *
 * @returns the path with the links that lead to the kubelet's directory itself resolved, as the kernel tells it in mountinfo
 * @throws VolumeError TargetRefused
 */
export async function resolveTarget(target: string, kubeletDirectory: string): Promise<string> {
  const inside = path.relative(kubeletDirectory, target);
  const isNormal = path.isAbsolute(target) && path.normalize(target) === target && Buffer.byteLength(target) <= MAX_LENGTH && !target.includes('\0');
  if (!isNormal || inside === '' || inside === '..' || inside.startsWith('../')) {
    throw refused(`must be a normal, absolute path below ${kubeletDirectory}, the kubelet's directory (OCI_CONNECTOR_CSI_KUBELET_DIRECTORY)`);
  }
  const root = await realpath(kubeletDirectory);
  let current = root;
  for (const name of inside.split('/')) {
    current = path.join(current, name);
    if (!(await isDirectoryOrAbsent(current))) throw refused('must not lead through a symbolic link or a file');
  }
  return current;
}

async function isDirectoryOrAbsent(directory: string): Promise<boolean> {
  try {
    return (await lstat(directory)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

function refused(problem: string): VolumeError {
  return new VolumeError('TargetRefused', `target_path ${problem}`);
}
