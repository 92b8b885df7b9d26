// Decides whether a bundle is up to date, so that a tool starts quickly when nothing has changed.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** Files that influence the bundle, in addition to its inputs. */
const RULES = ['tools/bundle.mjs', 'tools/unused-parts.mjs', 'tsconfig.base.json', 'package-lock.json'];

const recordOf = (outfile) => `${outfile}.inputs.json`;

/** Returns the state of a file as make(1) uses it. git sets a new time when it changes a file. */
function stateOf(file) {
  const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size}`;
}

/** Reports whether the bundle is up to date. @param {string} outfile relative to the working directory, like all paths here */
export function isCurrent(outfile) {
  let record;
  try {
    record = JSON.parse(readFileSync(recordOf(outfile), 'utf8'));
  } catch {
    // The record is missing or incomplete.
    return false;
  }
  return existsSync(outfile) && Object.entries(record).every(([file, state]) => stateOf(file) === state);
}

/**
 * Records the inputs of a bundle, unless one of them has changed since bundling began.
 *
 * @param {readonly string[]} inputs files that the bundler read
 * @param {number} began start of bundling, in milliseconds since the epoch
 */
export function keep(outfile, inputs, began) {
  const files = [...RULES, ...inputs];
  if (files.some((file) => !existsSync(file) || statSync(file).mtimeMs >= began)) return;
  writeFileSync(recordOf(outfile), JSON.stringify(Object.fromEntries(files.map((file) => [file, stateOf(file)]))));
}
