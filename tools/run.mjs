// Runs a tool that is written in TypeScript: `node tools/run.mjs NAME [ARG ...]` parses its command line, bundles tools/NAME/main.ts
// and starts it. Each tool has its command line in tools/NAME/command-line.mjs, so that help and invalid arguments are handled before
// anything is installed or built.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { continueAs } from './child.mjs';
import { requireDependencies, requireNodeVersion } from './dependencies.mjs';
import { isCurrent, keep } from './kept-bundle.mjs';

requireNodeVersion();

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const commandLineOf = (tool) => path.join(root, 'tools', tool, 'command-line.mjs');

/** Exit status for wrong arguments. */
const USAGE = 2;

const [name, ...args] = process.argv.slice(2);
if (!name || !existsSync(commandLineOf(name))) {
  const tools = readdirSync(path.join(root, 'tools')).filter((tool) => existsSync(commandLineOf(tool)));
  console.error(`usage: node tools/run.mjs TOOL [ARG ...]\ntools: ${tools.join(', ')}`);
  process.exit(USAGE);
}
// npm also sets INIT_CWD. Paths from the user are relative to the user's working directory.
process.env.INIT_CWD = process.env.INIT_CWD || process.cwd();

const { COMMAND, readCommandLine } = await import(commandLineOf(name));
try {
  const { help } = readCommandLine(args);
  if (help !== undefined) {
    process.stdout.write(help);
    process.exit(0);
  }
} catch (error) {
  const hint = error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' ? `npm requires -- before options: ${COMMAND} -- …\n` : '';
  console.error(`${error.message}\n${hint}see ${COMMAND} -- --help`);
  process.exit(USAGE);
}

requireDependencies();
process.chdir(root);
const outfile = `dist/tools/${name}/main.js`;
if (!isCurrent(outfile)) {
  // Not to stdout, which a script may read.
  process.stderr.write(`… bundling tools/${name}\n`);
  const { bundle } = await import('./bundle.mjs');
  const began = Date.now();
  const { inputs } = await bundle({ entry: `tools/${name}/main.ts`, outfile });
  keep(outfile, inputs, began);
}
continueAs(process.execPath, ['--enable-source-maps', path.join(root, outfile), ...args]);
