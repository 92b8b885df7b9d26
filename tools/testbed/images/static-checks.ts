import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { VERSION } from '@oci-connector/runtime';
import { type BuiltImage } from '../../images/build-images';
import { type ImageName } from '../../images/command-line.mjs';
import { type Commit } from '../../images/commit';
import { isoTime } from '../../images/sbom';
import { tryCommand } from '../../processes/run-command';
import { expectEqual, type Checks } from '../checks';
import { NODE_IN_BASE } from './base-images';
import { type ImageView } from './image-view';
import { SOURCE } from './product-images';

/** Programs that only this image has, as paths of its root file system. */
const PROGRAMS: Readonly<Record<ImageName, readonly string[]>> = {
  controller: [],
  proxy: [],
  csi: ['bin/mount', 'bin/sh', 'bin/umount'],
};

/** Bytes that an image may add to its base image, unpacked. */
const MAX_ADDED = 60_000_000;

export interface StaticChecks {
  readonly checks: Checks;
  readonly image: BuiltImage;
  readonly view: ImageView;
  readonly commit: Commit;
  /** Bytes of the files in the base image. */
  readonly baseSize: number;
}

/** Checks an image without running it. */
export async function checkStatically({ checks, image: { name }, view, commit, baseSize }: StaticChecks): Promise<void> {
  const { config } = view.config;
  const what = `${name}, ${view.config.architecture}`;
  await checks.check(`${what}: the user is a number, and root only for the CSI driver`, () =>
    expectEqual(config.User, name === 'csi' ? '0:0' : '65532:65532', 'User'),
  );
  await checks.check(`${what}: entry point without a shell, SIGTERM, no health check, nothing of the base image`, () => {
    const { Entrypoint, Cmd, StopSignal, Healthcheck } = config;
    const expected = [['node', '/app/main.js'], [], 'SIGTERM', undefined];
    expectEqual([Entrypoint, Cmd ?? [], StopSignal, Healthcheck], expected, 'Entrypoint, Cmd, StopSignal, Healthcheck');
  });
  await checks.check(`${what}: labels`, () => checkLabels(config.Labels ?? {}, name, commit));
  await checks.check(`${what}: the time is that of the commit`, () => expectEqual(view.config.created, isoTime(commit.epoch), 'created'));
  await checks.check(`${what}: no program but Node.js${name === 'csi' ? ', a shell, mount and umount' : ''}`, () =>
    expectEqual(programsIn(view.root), [...PROGRAMS[name], NODE_IN_BASE].sort(), 'programs'),
  );
  await checks.check(`${what}: nobody but root could change a file`, () => expectEqual(changeableIn(view.root), [], 'changeable files'));
  await checks.check(`${what}: programs and libraries are for this processor, and all libraries are there`, () =>
    checkBinaries(view.root, view.config.architecture),
  );
  await checks.check(`${what}: at most 60 MB over its base image`, () => {
    const added = sizeOf(view.root) - baseSize;
    if (added > MAX_ADDED) {
      throw new Error(`it adds ${added} bytes`);
    }
  });
}

function checkLabels(labels: Readonly<Record<string, string>>, name: ImageName, { revision }: Commit): void {
  const { 'org.opencontainers.image.description': description = '', ...others } = labels;
  const prefix = 'org.opencontainers.image';
  const expected = {
    [`${prefix}.licenses`]: 'Apache-2.0',
    [`${prefix}.revision`]: revision,
    [`${prefix}.source`]: SOURCE,
    [`${prefix}.title`]: `connectors-${name}`,
    [`${prefix}.version`]: VERSION,
  };
  expectEqual(Object.entries(others).sort(), Object.entries(expected), 'labels');
  expectEqual(description.startsWith('OCI Connector: '), true, `description "${description}"`);
}

interface File {
  readonly place: string;
  readonly mode: number;
  readonly size: number;
}

/** Returns the regular files and directories below a directory. A hard link counts as a file of its own. */
function filesIn(root: string): File[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((place) => ({ place, stat: lstatSync(path.join(root, place)) }))
    .filter(({ stat }) => !stat.isSymbolicLink())
    .map(({ place, stat }) => ({ place, mode: stat.mode, size: stat.isFile() ? stat.size : 0 }));
}

/** The name of a shared library. */
const LIBRARY = /\.so(\.\d|$)/;

/** Returns the executable files that are no shared libraries. */
function programsIn(root: string): string[] {
  return filesIn(root)
    .filter(({ place, mode }) => statSync(path.join(root, place)).isFile() && (mode & 0o111) !== 0 && !LIBRARY.test(place))
    .map(({ place }) => place)
    .sort();
}

function changeableIn(root: string): string[] {
  return filesIn(root)
    .filter(({ mode }) => (mode & 0o022) !== 0)
    .map(({ place }) => place);
}

/** Returns the bytes of all files. */
export const sizeOf = (root: string): number => filesIn(root).reduce((sum, { size }) => sum + size, 0);

/** e_machine in the header of ELF files: EM_X86_64, EM_AARCH64. */
const MACHINES: Readonly<Record<string, number>> = { amd64: 62, arm64: 183 };

async function checkBinaries(root: string, architecture: string): Promise<void> {
  const libraries = filesIn(root).flatMap(({ place, size }) => (size > 0 && LIBRARY.test(place) ? [place] : []));
  const names = new Set(readdirSync(root, { recursive: true, encoding: 'utf8' }).map((place) => path.basename(place)));
  for (const place of [...programsIn(root), ...libraries]) {
    const file = path.join(root, place);
    const header = readFileSync(file).subarray(0, 20);
    expectEqual(header.readUInt16LE(18), MACHINES[architecture], `machine of ${place}`);
    const { stdout } = await tryCommand(['readelf', '--dynamic', file]);
    const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library = '']) => library);
    expectEqual(
      needed.filter((library) => !names.has(library)),
      [],
      `missing libraries of ${place}`,
    );
  }
}
