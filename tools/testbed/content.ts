import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { runCommand } from '../processes/run-command';
import { MEDIA, addBlob, finishLayout, json, sha256, type Descriptor } from './oci-layout';
import { toolPath } from './toolchain';

/** The content that the clients push, as files in the formats that they read. */
export interface Content {
  /** OCI image layout with one image for linux/amd64, tagged v1. */
  readonly imageLayout: string;
  readonly imageDigest: string;
  /** The same image in the format of `docker save`. */
  readonly dockerArchive: string;
  /** The same layout as one tar file. */
  readonly ociArchive: string;
  /** OCI image layout with an index for two platforms, tagged multi. */
  readonly indexLayout: string;
  readonly indexDigest: string;
  readonly indexArchive: string;
  /** A packaged Helm chart with name `sample` and version 1.0.0. */
  readonly chart: string;
  /** A plain file for oras. */
  readonly file: string;
}

/** Builds all content in `directory`. */
export async function makeContent(directory: string): Promise<Content> {
  const imageLayout = path.join(directory, 'image');
  const indexLayout = path.join(directory, 'index');
  const image = await addImage(imageLayout, 'amd64', directory);
  await finishLayout(imageLayout, image, 'v1');
  const images = [await addImage(indexLayout, 'amd64', directory), await addImage(indexLayout, 'arm64', directory)];
  const index = await addBlob(indexLayout, MEDIA.index, json({ schemaVersion: 2, mediaType: MEDIA.index, manifests: images }));
  await finishLayout(indexLayout, index, 'multi');
  const dockerArchive = path.join(directory, 'image.docker.tar');
  await runCommand([toolPath('skopeo'), '--insecure-policy', 'copy', `oci:${imageLayout}:v1`, `docker-archive:${dockerArchive}:sample:v1`]);
  const archives = { ociArchive: path.join(directory, 'image.oci.tar'), indexArchive: path.join(directory, 'index.oci.tar') };
  await runCommand(['tar', '-C', imageLayout, '-cf', archives.ociArchive, '.']);
  await runCommand(['tar', '-C', indexLayout, '-cf', archives.indexArchive, '.']);
  const file = path.join(directory, 'hello.txt');
  await writeFile(file, `hello ${randomBytes(8).toString('hex')}\n`);
  const chart = await makeChart(directory);
  return { imageLayout, imageDigest: image.digest, dockerArchive, ...archives, indexLayout, indexDigest: index.digest, chart, file };
}

/** Adds an image with one layer of one MiB of random data, which compression does not reduce. */
async function addImage(layout: string, architecture: string, directory: string): Promise<Descriptor> {
  const root = path.join(directory, `root-${architecture}`);
  await mkdir(root, { recursive: true });
  await writeFile(path.join(root, 'data'), randomBytes(1024 * 1024));
  const tarFile = path.join(directory, 'layer.tar');
  await runCommand(['tar', '-C', root, '-cf', tarFile, '.']);
  const tar = await readFile(tarFile);
  const layer = await addBlob(layout, MEDIA.layer, gzipSync(tar));
  const image = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [sha256(tar)] } };
  const config = await addBlob(layout, MEDIA.config, json(image));
  const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest, config, layers: [layer] };
  return { ...(await addBlob(layout, MEDIA.manifest, json(manifest))), platform: { architecture, os: 'linux' } };
}

async function makeChart(directory: string): Promise<string> {
  const chart = path.join(directory, 'sample');
  await mkdir(path.join(chart, 'templates'), { recursive: true });
  await writeFile(path.join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: sample\nversion: 1.0.0\n');
  await writeFile(path.join(chart, 'values.yaml'), 'greeting: hello\n');
  const home = { HELM_CACHE_HOME: directory, HELM_CONFIG_HOME: directory, HELM_DATA_HOME: directory, HOME: directory };
  await runCommand([toolPath('helm'), 'package', chart, '--destination', directory], { env: home });
  return path.join(directory, 'sample-1.0.0.tgz');
}
