import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { type ImageOptions } from './build-images';

/** Programs that images take from their base images. */
export type BaseProgram = 'node' | 'busybox';

/** How the version of a program is found in its file: nothing of an image is run, because it may be for another processor. */
const VERSION_IN: Readonly<Record<BaseProgram, RegExp>> = {
  // From process.release.headersUrl. Builds that do not come from nodejs.org may lack it.
  node: /\/download\/release\/v(\d+\.\d+\.\d+)\//,
  busybox: /BusyBox v(\d+\.\d+\.\d+)/,
};

/** The directories of PATH in deploy/Dockerfile. The brackets allow that a file does not exist. */
const COPIES: Readonly<Record<BaseProgram, string>> = {
  node: '/nodejs/bin/nod[e] /usr/local/bin/nod[e] /usr/bin/nod[e]',
  busybox: '/bin/busybox',
};

const ARGUMENTS: Readonly<Record<BaseProgram, string>> = { node: 'NODE_IMAGE', busybox: 'BUSYBOX_IMAGE' };

/** Reads the version of a program from the base image. Returns undefined if its file does not contain it. */
export async function baseProgramVersion(program: BaseProgram, { buildah, buildArgs, env }: ImageOptions): Promise<string | undefined> {
  const image = buildArgs[ARGUMENTS[program]] ?? (await defaultOf(ARGUMENTS[program]));
  const directory = await mkdtemp(path.join(tmpdir(), 'images-'));
  const [dockerfile, output] = [path.join(directory, 'Dockerfile'), path.join(directory, 'output')];
  try {
    await writeFile(dockerfile, `FROM ${image} AS base\nFROM scratch\nCOPY --from=base ${COPIES[program]} /\n`);
    await runCommand([buildah, 'bud', '--file', dockerfile, '--output', `type=local,dest=${output}`, directory], { env });
    return await findIn(path.join(output, program), VERSION_IN[program]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Returns the default of a build argument of deploy/Dockerfile. */
export async function defaultOf(argument: string): Promise<string> {
  const dockerfile = await readFile(path.join(workspaceRoot, 'deploy/Dockerfile'), 'utf8');
  return new RegExp(`^ARG ${argument}=(\\S+)$`, 'm').exec(dockerfile)?.[1] ?? '';
}

/** Longest text that is searched for. Chunks overlap by it. */
const OVERLAP = 100;

/** Searches a binary file for a text, and returns the first group of the pattern. */
async function findIn(file: string, pattern: RegExp): Promise<string | undefined> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: 1 << 20 }) as AsyncIterable<string>) {
    const [, found] = pattern.exec(rest + chunk) ?? [];
    if (found !== undefined) {
      return found;
    }
    rest = chunk.slice(-OVERLAP);
  }
  return undefined;
}
