// Checks the requirements of every command of package.json: a recent Node.js, and the dependencies of package-lock.json. Imports only
// Node.js itself, because a fresh clone has nothing else. Its syntax is old enough that an old Node.js can parse it and report its
// version.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Options that install all packages, whatever NODE_ENV or npm's settings are: tools are development dependencies, and compilers
 * are optional ones.
 */
const NPM_OPTIONS = [
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

/** Installs the dependencies, unless exactly those of package-lock.json are installed. Ends the process when that fails. */
export function requireDependencies() {
  requireNodeVersion();
  const reason = whyToInstall();
  if (reason === undefined) return;
  process.stderr.write(`… installing the dependencies: ${reason} (about a minute)\n`);
  const { status, signal, error } = spawnSync('npm', ['ci', ...NPM_OPTIONS], {
    cwd: root,
    // Not to stdout, which a script may read.
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  const how = error ? `cannot be started (${error.message})` : signal ? `was ended by ${signal}` : `failed with status ${status}`;
  fail(
    `The dependencies are not installed: npm ci ${how}; its messages are above.\n` +
      'npm ci needs a connection to the npm registry (npm config get registry) or a complete cache, and a writable directory. Fix the problem, then run this command again.',
  );
}

/** Ends the process when Node.js is too old. */
export function requireNodeVersion() {
  const { engines } = readJson('package.json');
  const [wantedMajor, wantedMinor] = engines.node.match(/\d+/g).map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`Node.js ${wantedMajor}.${wantedMinor} or later is needed; this is ${process.version}`);
}

/**
 * Compares npm's record of the installation with package-lock.json, package by package. npm writes its record at the end, so an
 * interrupted installation has none. File times cannot be used, because git sets them at every checkout.
 */
function whyToInstall() {
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return 'they are missing';
  }
  const { '': _root, ...wanted } = readJson('package-lock.json').packages;
  // Packages for other systems are optional and not installed.
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
