import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { toolPath } from '../testbed/toolchain';
import { INSTALL_MANIFEST, renderInstallManifest } from './install-manifest';

async function main(): Promise<void> {
  await writeFile(path.join(workspaceRoot, INSTALL_MANIFEST), await renderInstallManifest(await findHelm()));
  console.log(INSTALL_MANIFEST);
}

/** @throws Error when there is no helm */
async function findHelm(): Promise<string> {
  if (existsSync(toolPath('helm'))) {
    return toolPath('helm');
  }
  const found = await tryCommand(['helm', 'version']).catch(() => undefined);
  if (found?.status === 0) {
    return 'helm';
  }
  throw new Error('there is no helm; put helm 3 into the PATH, or run: npm run testbed -- install');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
