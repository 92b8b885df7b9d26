import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { VolumeError } from '../csi.errors';

/** PATH_MAX of Linux, in bytes. */
const MAX_LENGTH = 4_096;

/**
 * Where a volume may be: below the kubelet's directory, reached without a symbolic link. Whoever could make the driver, which is
 * root, write or mount elsewhere would own the node.
 *
 * Synchronous, as are all questions that a call by which nothing changes has to ask: each takes microseconds on a local file
 * system, where a way through the thread pool takes more than all of them.
 *
 * @returns the path with the links that lead to the kubelet's directory itself resolved, as the kernel tells it in mountinfo
 * @throws VolumeError TargetRefused
 */
export function resolveTarget(target: string, kubeletDirectory: string): string {
  const inside = path.relative(kubeletDirectory, target);
  if (!isNormal(target) || inside === '' || inside === '..' || inside.startsWith('../')) {
    throw refused(
      `must be a normal, absolute path below ${kubeletDirectory}, the kubelet's directory (OCI_CONNECTOR_CSI_KUBELET_DIRECTORY)`,
    );
  }
  let current = realpathSync(kubeletDirectory);
  for (const name of inside.split('/')) {
    current = path.join(current, name);
    const found = lstatSync(current, { throwIfNoEntry: false });
    if (found && !found.isDirectory()) {
      throw refused('must not lead through a symbolic link or a file');
    }
  }
  return current;
}

function isNormal(target: string): boolean {
  return path.isAbsolute(target) && path.normalize(target) === target && Buffer.byteLength(target) <= MAX_LENGTH && !target.includes('\0');
}

function refused(problem: string): VolumeError {
  return new VolumeError('TargetRefused', `target_path ${problem}`);
}
