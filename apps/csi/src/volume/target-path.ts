import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { VolumeError } from '../csi.errors';

/** PATH_MAX of Linux, in bytes. */
const MAX_LENGTH = 4_096;

/**
 * Checks that a target is below the kubelet's directory and is reached without a symbolic link. The driver runs as root: an attacker that
 * could make it write or mount elsewhere would control the node.
 *
 * Synchronous, as is every check of a call that changes nothing: each takes microseconds on a local file system, less than one trip
 * through the thread pool.
 *
 * @returns the path in which links that lead to the kubelet's directory itself are resolved, as in mountinfo
 * @throws VolumeError TargetRefused when the target is elsewhere
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
