import { VERSION } from '@oci-connector/runtime';
import { formatTable } from '../processes/progress';
import { tryCommand } from '../processes/run-command';
import { buildImages, type ImageOptions } from './build-images';
import { readCommandLine } from './command-line.mjs';
import { readCommit } from './commit';
import { labelsOf } from './labels';

/** The platform of this machine, as images name it. */
const OWN_PLATFORM = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;

async function main(): Promise<void> {
  const options = await optionsOf(readCommandLine(process.argv.slice(2)));
  await requireTool(options.buildah, 'https://buildah.io');
  if (options.sbom && options.push) {
    await requireTool(options.oras, 'https://oras.land; or leave the SBOM out with --no-sbom');
  }
  const images = await buildImages(options);
  const rows = images.map(({ reference, digest }) => [reference, digest ?? 'not pushed']);
  process.stdout.write(`\n${formatTable(['image', 'digest'], rows)}\n`);
}

async function optionsOf(line: ReturnType<typeof readCommandLine>): Promise<ImageOptions> {
  const commit = await readCommit(process.env['SOURCE_DATE_EPOCH']);
  return {
    names: line.names,
    registry: line.registry,
    tag: line.tag ?? VERSION,
    platforms: line.platforms ?? [OWN_PLATFORM],
    buildArgs: { NODE_IMAGE: line.nodeImage, BUSYBOX_IMAGE: line.busyboxImage },
    labels: labelsOf(commit, line.source),
    epoch: commit.epoch,
    push: line.push,
    plainHttp: line.plainHttp,
    sbom: line.sbom,
    buildah: 'buildah',
    oras: 'oras',
    env: process.env,
  };
}

async function requireTool(name: string, home: string): Promise<void> {
  try {
    await tryCommand([name, 'version']);
  } catch (error) {
    throw new Error(`${name} cannot be started (${(error as Error).message}); install it: ${home}`, { cause: error });
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
