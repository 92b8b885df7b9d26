import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Address of a name server that never answers. */
export const SILENT_NAME_SERVER = { address: '127.0.0.99', port: 53 } as const;

/** A name of the local machine in the hosts file that {@link withOwnNames} provides. */
export const NAMED_HOST = 'registry.bench';

/** Writes the files for {@link withOwnNames}. */
export async function writeOwnNames(directory: string): Promise<void> {
  await writeFile(path.join(directory, 'resolv.conf'), `nameserver ${SILENT_NAME_SERVER.address}\n`);
  await writeFile(path.join(directory, 'hosts'), `127.0.0.1 localhost ${NAMED_HOST}\n`);
}

/**
 * Returns a prefix for a command that gives it its own name server and hosts file in a mount namespace, so that no DNS query leaves the
 * machine. This needs root; for other users the prefix is empty.
 */
export function withOwnNames(directory: string): string[] {
  if (process.getuid?.() !== 0) {
    return [];
  }
  const mounts = 'mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/hosts" /etc/hosts && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mounts, directory];
}
