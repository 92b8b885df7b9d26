import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { step } from '../../processes/progress';
import { runCommand } from '../../processes/run-command';
import { workspaceRoot } from '../../processes/workspace';
import { expectEqual } from '../checks';
import { commandsOf, onlyCommandOf, pageBlock } from '../pages/page-blocks';
import { testbedEnvironment } from '../testbed.config';
import { toolPath } from '../toolchain';
import { pushProductBases } from './base-images';
import { ownStorage } from './product-images';

const TEN_MINUTES = 600_000;

/**
 * Builds and pushes the product's images by the command of the README, over base images of the testbed, to a registry without TLS.
 *
 * @throws Error also when docs/install.md has another command
 */
export async function pushDocumentedImages(directory: string, registry: string): Promise<void> {
  const [command = []] = commandsOf(pageBlock('install', { REGISTRY: registry }));
  expectEqual(onlyCommandOf(pageBlock('images', { 'registry.example/team': registry })), command, 'the command of docs/install.md');
  const bases = await step('building base images', () => pushProductBases(path.join(directory, 'bases'), registry, ['amd64']));
  const bin = path.join(directory, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(toolPath('oras'), path.join(bin, 'oras'));
  const [program = '', ...args] = command;
  await runCommand([program, ...args, '--plain-http', '--node-image', bases.node, '--busybox-image', bases.busybox], {
    cwd: workspaceRoot,
    env: {
      ...(await ownStorage(directory)),
      PATH: `${bin}:${testbedEnvironment.path}`,
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NO_COLOR: '1',
    },
    timeout: TEN_MINUTES,
  });
}
