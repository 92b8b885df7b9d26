import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type GeneratedFile } from './generated-file';

const run = promisify(execFile);

const INTRODUCTION = `# Configuration

\`npm run generate\` writes this page from the declarations of the programs; do not edit it. Each program prints its part with \`--help\`.

Environment variables configure the programs. A variable that is unset or empty has its default. When a program starts, it reports all
problems together, with the name of each variable and the expected value, and exits with status 2. A file or
directory that a variable names but that cannot be used is such a problem, and so is a missing kubeconfig.
`;

/** Returns the page with all settings. It runs the programs, because no tool may import an app; so the page shows what users see with `--help`. */
export async function configurationReference(): Promise<GeneratedFile[]> {
  const parts: string[] = [];
  for (const program of ['controller', 'proxy', 'csi']) {
    await run(process.execPath, ['tools/build.mjs', `apps/${program}`]);
    const { stdout } = await run(process.execPath, [`dist/apps/${program}/main.js`, '--help=markdown']);
    parts.push(stdout);
  }
  return [{ path: 'docs/reference/configuration.md', text: [INTRODUCTION, ...parts].join('\n') }];
}
