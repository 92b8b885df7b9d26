// The budgets of the bundles: V8 keeps the text of a program in memory and reads it at every start, so a bundle must not grow unnoticed.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from './bundle.mjs';

const FILE = 'tools/bundle-budgets.json';
const BUDGETS = path.join(workspaceRoot, FILE);

/** Bytes by which a bundle may grow until a person has to look: the size of a small package. */
const ROOM = 100_000;

/** The largest inputs that a message names. */
const NAMED = 3;

const read = async () => JSON.parse(await readFile(BUDGETS, 'utf8'));

/** Returns why a bundle exceeds its budget; undefined if it does not. @param {{ project: string, bytes: number, contents: Record<string, number> }} bundle */
export async function budgetProblem(bundle) {
  return problemOf(bundle, (await read())[bundle.project]);
}

/** Writes the budget of a bundle: its size, and {@link ROOM}. @param {{ project: string, bytes: number, contents: Record<string, number> }} bundle */
export async function acceptSize({ project, bytes, contents }) {
  const budgets = { ...(await read()), [project]: { budget: bytes + ROOM, inputs: byInput(contents) } };
  await writeFile(BUDGETS, `${JSON.stringify(Object.fromEntries(Object.entries(budgets).sort()), null, 2)}\n`);
}

/**
 * @param {{ project: string, bytes: number, contents: Record<string, number> }} bundle
 * @param {{ budget: number, inputs: Record<string, number> } | undefined} record of the file of the budgets
 */
export function problemOf({ project, bytes, contents }, record) {
  const accept = `node tools/build.mjs ${project} --accept-size`;
  if (!record) return `${FILE} has no budget for ${project}; add it with: ${accept}`;
  if (bytes <= record.budget) return undefined;
  const grown = Object.entries(byInput(contents))
    .map(([name, size]) => ({ name, size, more: size - (record.inputs[name] ?? 0), isNew: !(name in record.inputs) }))
    .sort((a, b) => b.more - a.more)
    .slice(0, NAMED)
    .filter(({ more }) => more > 0)
    .map(({ name, more, isNew }) => `${name} (${isNew ? 'new, ' : '+'}${more})`);
  return [
    `the bundle of ${project} has ${bytes} bytes, ${bytes - record.budget} more than its budget in ${FILE}.`,
    `What grew most: ${grown.join(', ')}.`,
    `Import less of it (tools/unused-parts.mjs has examples), or accept the size with: ${accept}`,
  ].join(' ');
}

/** Adds up the bytes of each package and project. */
function byInput(contents) {
  const sums = {};
  for (const [file, bytes] of Object.entries(contents)) {
    const name = inputOf(file);
    sums[name] = (sums[name] ?? 0) + bytes;
  }
  return Object.fromEntries(Object.entries(sums).sort());
}

function inputOf(file) {
  const [, installed] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return installed ?? file.split('/').slice(0, 2).join('/');
}
