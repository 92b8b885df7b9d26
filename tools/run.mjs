// Runs a tool that is written in TypeScript: `node tools/run.mjs NAME [ARG ...]` bundles tools/NAME/main.ts and starts it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

if (!existsSync(new URL('../node_modules', import.meta.url))) {
  console.error('the dependencies are missing; run: npm ci --ignore-scripts');
  process.exit(1);
}
const { bundle, workspaceRoot } = await import('./bundle.mjs');

const [name, ...args] = process.argv.slice(2);
const entryOf = (tool) => `tools/${tool}/main.ts`;
if (!name || !existsSync(path.join(workspaceRoot, entryOf(name)))) {
  const tools = readdirSync(path.join(workspaceRoot, 'tools')).filter((tool) =>
    existsSync(path.join(workspaceRoot, entryOf(tool))),
  );
  console.error(`usage: node tools/run.mjs TOOL [ARG ...]\ntools: ${tools.join(', ')}`);
  process.exit(2);
}

const outfile = `dist/tools/${name}/main.js`;
await bundle({ entry: entryOf(name), outfile });
const child = spawn(process.execPath, ['--enable-source-maps', path.join(workspaceRoot, outfile), ...args], {
  cwd: workspaceRoot,
  stdio: 'inherit',
});
// Ctrl-C reaches the child through the terminal; a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
