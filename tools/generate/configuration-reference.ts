import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type GeneratedFile } from './generated-file';

const run = promisify(execFile);

const INTRODUCTION = `# Configuration

Generated from the programs' own declarations by \`npm run generate\`; each program prints its part with \`--help\`.

Programs are configured by environment variables. An unset or empty variable has its default. All problems are reported
together when a program starts, with the name of the variable and what is expected; it then exits with status 2.
`;

/** The programs describe themselves: no tool may import an app, and so the reference is what users see too. */
export async function configurationReference(): Promise<GeneratedFile[]> {
  const parts: string[] = [];
  for (const program of ['controller', 'proxy', 'csi']) {
    await run(process.execPath, ['tools/build.mjs', `apps/${program}`]);
    const { stdout } = await run(process.execPath, [`dist/apps/${program}/main.js`, '--help=markdown']);
    parts.push(stdout);
  }
  return [{ path: 'docs/reference/configuration.md', text: [INTRODUCTION, ...parts].join('\n') }];
}
