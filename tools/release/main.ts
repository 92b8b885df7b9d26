import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { readCommandLine } from './command-line.mjs';
import { INSTALL_MANIFEST, renderInstallManifest } from './install-manifest';
import { release } from './release';
import { ReleaseRefused } from './release-state';
import { findTools } from './release-tools';

async function main(args: readonly string[]): Promise<number> {
  const { release: line } = readCommandLine(args);
  if (line !== undefined) {
    // An empty variable is none: a workflow sets it so if there is no key.
    return release({ ...line, signKey: line.signKey ?? (process.env['COSIGN_KEY'] || undefined) }, args, process.env);
  }
  const { helm } = await findTools(['helm']);
  await writeFile(path.join(workspaceRoot, INSTALL_MANIFEST), await renderInstallManifest(helm));
  console.log(INSTALL_MANIFEST);
  return 0;
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof ReleaseRefused ? 2 : 1;
  },
);
