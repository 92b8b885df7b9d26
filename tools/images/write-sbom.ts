import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { baseProgramVersion, type BaseProgram } from './base-programs';
import { type ImageOptions } from './build-images';
import { type ImageName } from './command-line.mjs';
import { npmPart, spdxOf, type LockedPackage, type Part } from './sbom';

/** Directory of the SBOMs. */
export const SBOM_DIRECTORY = path.join(workspaceRoot, 'dist', 'images');

/** Writes the SBOM of an image. @param options.parts of the base images @returns its file */
export async function writeSbom(
  name: ImageName,
  { parts, epoch }: { readonly parts: readonly Part[]; readonly epoch: string },
): Promise<string> {
  const image = `connectors-${name}`;
  const file = path.join(SBOM_DIRECTORY, `${image}.spdx.json`);
  const own = parts.filter((part) => part.name === 'node' || name === 'csi');
  await mkdir(SBOM_DIRECTORY, { recursive: true });
  await writeFile(file, spdxOf({ image, epoch, parts: [...own, ...(await npmPartsOf(name))] }));
  return file;
}

/** Describes the programs that images take from their base images. busybox is only in the image csi. */
export async function baseParts(options: ImageOptions): Promise<Part[]> {
  const programs: readonly BaseProgram[] = options.names.includes('csi') ? ['node', 'busybox'] : ['node'];
  return Promise.all(programs.map(async (program) => basePart(program, await baseProgramVersion(program, options))));
}

/** Licences of the programs of base images, and their names in CPEs. */
const BASE_PROGRAM: Readonly<Record<BaseProgram, { readonly licence: string; readonly cpe: string }>> = {
  node: { licence: 'MIT', cpe: 'nodejs:node.js' },
  busybox: { licence: 'GPL-2.0-only', cpe: 'busybox:busybox' },
};

function basePart(name: BaseProgram, version: string | undefined): Part {
  const { licence, cpe } = BASE_PROGRAM[name];
  const purl = `pkg:generic/${name}${version === undefined ? '' : `@${version}`}`;
  return { name, version, licence, purl, cpe: `cpe:2.3:a:${cpe}:${version ?? '*'}:*:*:*:*:*:*:*` };
}

/** The bundles of an image. The command `connectors` is in the controller's image. */
const BUNDLES: Readonly<Record<ImageName, readonly string[]>> = {
  controller: ['apps/controller', 'connectors'],
  proxy: ['apps/proxy'],
  csi: ['apps/csi'],
};

async function npmPartsOf(name: ImageName): Promise<Part[]> {
  const { packages } = await readJson<{ packages: Record<string, LockedPackage> }>('package-lock.json');
  const lists = BUNDLES[name].map((bundle) => `dist/${bundle}/packages.json`).filter((file) => existsSync(path.join(workspaceRoot, file)));
  const directories = new Set((await Promise.all(lists.map((file) => readJson<string[]>(file)))).flat());
  const parts = [...directories].sort().map((directory) => {
    const locked = packages[directory];
    if (!locked) {
      throw new Error(`${directory} is in the bundle of ${name}, but not in package-lock.json`);
    }
    return npmPart(directory, locked);
  });
  // A version of a package can be in two directories.
  return [...new Map(parts.map((part) => [part.purl, part])).values()];
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(path.join(workspaceRoot, file), 'utf8')) as T;
}
