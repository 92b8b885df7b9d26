// `npm start`: everything on one machine with nothing but Node.js. Installs what is missing, builds, starts the sandbox.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node.js 20.19 or later is needed; this is ${process.version}`);
  process.exit(1);
}

/** npm writes this file last, so its age is that of the installation. */
const installed = path.join(root, 'node_modules', '.package-lock.json');
const lock = path.join(root, 'package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.log('… installing dependencies (a minute, the first time)');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const { bundle } = await import('./bundle.mjs');
await bundle({ entry: 'tools/sandbox/main.ts', outfile: 'dist/tools/sandbox/main.js' });

const child = spawn(process.execPath, ['--enable-source-maps', path.join(root, 'dist/tools/sandbox/main.js'), ...args], {
  cwd: root,
  stdio: 'inherit',
  // npm sets it too: files that the user names are relative to where the user stands.
  env: { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
