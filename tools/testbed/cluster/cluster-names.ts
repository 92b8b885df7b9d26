import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NODE } from './node-network';

/**
 * Returns words before a command with which it resolves the names of the cluster, as on the machine of a user who is connected to its
 * network.
 *
 * @param directory for the configuration of the resolver
 */
export async function withClusterNames(directory: string): Promise<readonly [string, ...string[]]> {
  const file = path.join(directory, 'resolv.conf');
  await writeFile(file, `nameserver ${NODE.address}\n`);
  return ['unshare', '--mount', '/bin/sh', '-ec', 'mount --bind "$0" /etc/resolv.conf; exec "$@"', file];
}
