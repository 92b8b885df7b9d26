import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../../processes/run-command';
import { MEDIA, addBlob, addFile, finishLayout, json, type Descriptor } from '../oci-layout';
import { toolPath } from '../toolchain';

export type Architecture = 'amd64' | 'arm64';

/** The only layer of an image, in an OCI layout. */
export interface Layer {
  readonly layout: string;
  readonly architecture: Architecture;
  readonly descriptor: Descriptor;
}

/** Keeps the capabilities of files, in headers without process id and times of this machine. */
const CAPABILITIES = [
  '--xattrs',
  '--xattrs-include=security.capability',
  '--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f',
];

/** Makes a layer of a root file system. It is not compressed, because this machine reads it again immediately. */
export async function packLayer(root: string, layout: string, architecture: Architecture = 'amd64'): Promise<Layer> {
  const tar = `${root}.tar`;
  // Without names of users, times and order of this machine, so that the same files are the same layer.
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  await runCommand(['tar', '-C', root, ...same, ...CAPABILITIES, '-cf', tar, '.']);
  return { layout, architecture, descriptor: await addFile(layout, MEDIA.plainLayer, tar) };
}

/** Copies a program with its shared libraries into a root file system. */
export async function addProgram(root: string, file: string, target: string): Promise<void> {
  await mkdir(path.dirname(path.join(root, target)), { recursive: true });
  await cp(file, path.join(root, target), { dereference: true });
  for (const library of await librariesOf(file)) {
    await cp(library, path.join(root, library), { dereference: true });
  }
}

/** Returns the shared libraries of a program; none if it is linked statically. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await tryCommand(['ldd', program]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, library]) => library ?? '');
}

/** Pushes an image, or an index with an image for each architecture. @param layers in one layout @param config as in an OCI image */
export async function pushLayers(layers: readonly [Layer, ...Layer[]], reference: string, config: object): Promise<void> {
  const [{ layout }] = layers;
  const images: Descriptor[] = [];
  for (const layer of layers) {
    images.push(await addImage(layer, config));
  }
  const [image] = images;
  if (image && images.length === 1) {
    await finishLayout(layout, image, 'v1');
  } else {
    const index = json({ schemaVersion: 2, mediaType: MEDIA.index, manifests: images });
    await finishLayout(layout, await addBlob(layout, MEDIA.index, index), 'v1');
  }
  await runCommand([toolPath('oras'), 'cp', '--from-oci-layout', '--to-plain-http', `${layout}:v1`, reference]);
}

async function addImage({ layout, architecture, descriptor }: Layer, config: object): Promise<Descriptor> {
  const platform = { architecture, os: 'linux' };
  // buildah cannot build on an image whose history does not have an entry for each layer.
  const history = [{ created_by: 'testbed' }];
  const image = { ...platform, config, history, rootfs: { type: 'layers', diff_ids: [descriptor.digest] } };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: await addBlob(layout, MEDIA.config, json(image)),
    layers: [descriptor],
  };
  return { ...(await addBlob(layout, MEDIA.manifest, json(manifest))), platform };
}
