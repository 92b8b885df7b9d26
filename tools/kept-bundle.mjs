// Whether a bundle is still what bundling would make, so that a tool starts in a moment when nothing has changed.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** What decides how files are bundled, besides the files themselves. */
const RULES = ['tools/bundle.mjs', 'tsconfig.base.json', 'package-lock.json'];

const recordOf = (outfile) => `${outfile}.inputs.json`;

/** The state of a file as make(1) sees it; git gives a file a new time when it changes it. */
function stateOf(file) {
  const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size}`;
}

/** @param {string} outfile relative to the working directory, like all paths here */
export function isCurrent(outfile) {
  let record;
  try {
    record = JSON.parse(readFileSync(recordOf(outfile), 'utf8'));
  } catch {
    // There is none, or it was not written to its end.
    return false;
  }
  return existsSync(outfile) && Object.entries(record).every(([file, state]) => stateOf(file) === state);
}

/**
 * Records what a bundle was made of, unless some of it has changed since bundling began.
 *
 * @param {readonly string[]} inputs files that the bundler read
 * @param {number} began milliseconds since the epoch
 */
export function keep(outfile, inputs, began) {
  const files = [...RULES, ...inputs];
  if (files.some((file) => !existsSync(file) || statSync(file).mtimeMs >= began)) return;
  writeFileSync(recordOf(outfile), JSON.stringify(Object.fromEntries(files.map((file) => [file, stateOf(file)]))));
}
