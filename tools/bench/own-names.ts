import { writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where a name server may listen that never answers. */
export const SILENT_NAME_SERVER = { address: '127.0.0.99', port: 53 } as const;

/** A name of this machine that is in the hosts file of programs with names of their own. */
export const NAMED_HOST = 'registry.bench';

/** Writes the files that {@link withOwnNames} needs. */
export async function writeOwnNames(directory: string): Promise<void> {
  await writeFile(path.join(directory, 'resolv.conf'), `nameserver ${SILENT_NAME_SERVER.address}\n`);
  await writeFile(path.join(directory, 'hosts'), `127.0.0.1 localhost ${NAMED_HOST}\n`);
}

/**
 * Put before a command: gives it a name server and hosts of its own, in a namespace of mounts, so that no question leaves the machine. Only root may; for others
 * it is nothing.
 */
export function withOwnNames(directory: string): string[] {
  if (process.getuid?.() !== 0) {
    return [];
  }
  const mounts = 'mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/hosts" /etc/hosts && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mounts, directory];
}
