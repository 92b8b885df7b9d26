import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VERSION } from '@oci-connector/runtime';
import { buildImages, type BuiltImage, type ImageOptions } from '../../images/build-images';
import { IMAGES } from '../../images/command-line.mjs';
import { readCommit } from '../../images/commit';
import { labelsOf } from '../../images/labels';
import { step } from '../../processes/progress';
import { testbedEnvironment } from '../testbed.config';
import { toolPath } from '../toolchain';
import { pushProductBases, type BaseImages } from './base-images';

/** Stands for the address of the repository. */
export const SOURCE = 'https://git.example/oci-connector';

/**
 * Builds the product's images for this machine, over base images of the testbed, and pushes them to a registry without TLS as
 * `REGISTRY/connectors-{controller,proxy,csi}:VERSION`.
 *
 * @param directory see {@link buildProductImages}
 */
export async function pushProductImages(directory: string, registry: string): Promise<BuiltImage[]> {
  const bases = await step('building base images', () => pushProductBases(path.join(directory, 'bases'), registry, ['amd64']));
  return buildProductImages(directory, bases, { registry });
}

/**
 * Builds and pushes the product's images with `npm run images`' own function, from deploy/Dockerfile.
 *
 * @param directory of buildah's storage; not below /var, which is an overlay inside a world, and overlays cannot be stacked
 */
export async function buildProductImages(
  directory: string,
  bases: BaseImages,
  options: Pick<ImageOptions, 'registry'> & Partial<ImageOptions>,
): Promise<BuiltImage[]> {
  const commit = await readCommit();
  return buildImages({
    names: IMAGES,
    tag: VERSION,
    platforms: ['linux/amd64'],
    buildArgs: { NODE_IMAGE: bases.node, BUSYBOX_IMAGE: bases.busybox },
    labels: labelsOf(commit, SOURCE),
    epoch: commit.epoch,
    push: true,
    plainHttp: true,
    sbom: false,
    buildah: toolPath('buildah'),
    oras: toolPath('oras'),
    env: await ownStorage(directory),
    ...options,
  });
}

/** Returns an environment in which buildah has a storage of its own, and uses registries on loopback without TLS. */
export async function ownStorage(directory: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(directory, { recursive: true });
  const [storage, registries] = [path.join(directory, 'storage.conf'), path.join(directory, 'registries.conf')];
  const place = (name: string): string => JSON.stringify(path.join(directory, name));
  await writeFile(storage, `[storage]\ndriver = "overlay"\ngraphroot = ${place('storage')}\nrunroot = ${place('run')}\n`);
  await writeFile(registries, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n');
  return { PATH: testbedEnvironment.path, HOME: directory, CONTAINERS_STORAGE_CONF: storage, CONTAINERS_REGISTRIES_CONF: registries };
}
