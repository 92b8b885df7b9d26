// The npm packages in a bundle: which they are, and the texts of their licences.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from './bundle.mjs';

/** The directory of the package to which a file belongs, which is its key in package-lock.json. */
const DIRECTORY = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

const LICENCE_FILE = /^(licen[cs]e|notice|copying)/i;

/** Returns the directories of the packages of these files. @param {readonly string[]} files relative to the workspace */
export function packagesOf(files) {
  return [...new Set(files.flatMap((file) => DIRECTORY.exec(file) ?? []))].sort();
}

/**
 * Returns the licence of this project and of packages, which every copy of the programs has to contain.
 * @param {readonly string[]} directories of the packages
 */
export function licencesOf(directories) {
  const own = readFileSync(path.join(workspaceRoot, 'LICENSE'), 'utf8');
  return [own, ...directories.map(licenceOf)].join(`\n${'-'.repeat(80)}\n\n`);
}

function licenceOf(directory) {
  const place = path.join(workspaceRoot, directory);
  const { name, version, license } = JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'));
  const texts = readdirSync(place)
    .filter((file) => LICENCE_FILE.test(file))
    .map((file) => readFileSync(path.join(place, file), 'utf8').trim());
  return [`${name} ${version}: ${license ?? 'see below'}`, ...texts, ''].join('\n\n');
}
