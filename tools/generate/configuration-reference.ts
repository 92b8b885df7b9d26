import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type GeneratedFile } from './generated-file';

const run = promisify(execFile);

const INTRODUCTION = `# Configuration

\`npm run generate\` writes this page from the declarations of the programs; do not edit it. Each program prints its part with \`--help\`.

Environment variables configure the programs. The Helm chart sets them: [values of the chart](chart-values.md) says which value sets which variable. A variable that is unset or empty has its default. When a program starts, it reports all
problems together, with the name of each variable and the expected value, and exits with status 2. A file or
directory that a variable names but that cannot be used is such a problem, and so is a missing kubeconfig.
`;

const PROGRAMS = ['controller', 'proxy', 'csi'] as const;

/** Returns the page with all settings. */
export async function configurationReference(): Promise<GeneratedFile[]> {
  return [{ path: 'docs/reference/configuration.md', text: [INTRODUCTION, ...Object.values(await programHelp())].join('\n') }];
}

/** One environment variable of a program. */
export interface ProgramSetting {
  readonly name: string;
  /** Its type, in words. */
  readonly kind: string;
  readonly meaning: string;
}

/** Returns the settings of each program. */
export async function programSettings(): Promise<Record<string, ProgramSetting[]>> {
  const parts = Object.entries(await programHelp());
  return Object.fromEntries(parts.map(([program, help]) => [program, settingsIn(help)]));
}

function settingsIn(help: string): ProgramSetting[] {
  return [...help.matchAll(/^\| `(OCI_CONNECTOR_\w+)` \| ([^|]+) \| [^|]* \| ([^|]+) \|$/gm)].map(
    ([, name = '', kind = '', meaning = '']) => ({
      name,
      kind,
      meaning,
    }),
  );
}

let help: Promise<Record<string, string>> | undefined;

/** Returns the Markdown help of each program. It runs the programs, because no tool may import an app; so the pages show what users see. */
function programHelp(): Promise<Record<string, string>> {
  help ??= askPrograms();
  return help;
}

async function askPrograms(): Promise<Record<string, string>> {
  const parts: Record<string, string> = {};
  for (const program of PROGRAMS) {
    await run(process.execPath, ['tools/build.mjs', `apps/${program}`]);
    const { stdout } = await run(process.execPath, [`dist/apps/${program}/main.js`, '--help=markdown']);
    parts[program] = stdout;
  }
  return parts;
}
