// What every command of package.json needs before it can do anything: a Node.js that is new enough, and the dependencies of
// package-lock.json. Imports nothing but Node.js itself, because on a fresh clone nothing else is there; and is written so that a
// Node.js which is too old reads it to the end, and can say so.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** All packages, also where NODE_ENV or a setting of npm says otherwise: the tools are development dependencies, compilers optional ones. */
const NPM_OPTIONS = [
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** Installs the dependencies unless exactly those of package-lock.json are installed. Ends the process when that is impossible. */
export function requireDependencies() {
  requireNodeVersion();
  const reason = whyToInstall();
  if (reason === undefined) return;
  process.stderr.write(`… installing the dependencies: ${reason} (about a minute)\n`);
  const { status, signal, error } = spawnSync('npm', ['ci', ...NPM_OPTIONS], {
    cwd: root,
    // Not on stdout, which a script may read.
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  const how = error ? `cannot be started (${error.message})` : signal ? `was ended by ${signal}` : `failed with status ${status}`;
  fail(
    `The dependencies are not installed: npm ci ${how}; its messages are above.\n` +
      'It needs a connection to the npm registry (npm config get registry), or a cache that has everything, and a directory that can be written. Then run this command again.',
  );
}

/** Ends the process when this Node.js is too old. */
export function requireNodeVersion() {
  const { engines } = readJson('package.json');
  const [wantedMajor, wantedMinor] = engines.node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Node.js ${wantedMajor}.${wantedMinor} or later is needed; this is ${process.version}`);
}

/**
 * Compares what npm says that it installed with package-lock.json, package by package. npm writes its record at the end, so an
 * installation that was cut short has none. Times of files say nothing: git sets them at every checkout.
 */
function whyToInstall() {
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return 'they are missing';
  }
  const { '': _root, ...wanted } = readJson('package-lock.json').packages;
  // Packages for other systems are optional, and left out.
  const isThere = ([place, { version, integrity, optional }]) =>
    installed[place] ? installed[place].version === version && installed[place].integrity === integrity : optional === true;
  const isComplete = Object.entries(wanted).every(isThere) && Object.keys(installed).every((place) => place in wanted);
  return isComplete ? undefined : 'package-lock.json has changed since';
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
