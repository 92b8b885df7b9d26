import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A descriptor of the OCI image specification: a reference to content. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export const MEDIA = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  plainLayer: 'application/vnd.oci.image.layer.v1.tar',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

export const sha256 = (data: Buffer): string => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Adds content to an OCI image layout. */
export async function addBlob(layout: string, mediaType: string, data: Buffer): Promise<Descriptor> {
  const digest = sha256(data);
  await writeFile(await blobPath(layout, digest), data);
  return { mediaType, digest, size: data.length };
}

/** Moves a large file into an OCI image layout. */
export async function addFile(layout: string, mediaType: string, file: string): Promise<Descriptor> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const digest = `sha256:${hash.digest('hex')}`;
  const { size } = await stat(file);
  await rename(file, await blobPath(layout, digest));
  return { mediaType, digest, size };
}

/** Returns the path of content in an OCI image layout. */
export function blobFile(layout: string, digest: string): string {
  return path.join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

async function blobPath(layout: string, digest: string): Promise<string> {
  const file = blobFile(layout, digest);
  await mkdir(path.dirname(file), { recursive: true });
  return file;
}

/** Completes the layout, with the descriptor as its only entry. */
export async function finishLayout(layout: string, descriptor: Descriptor, tag: string): Promise<void> {
  await writeFile(path.join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const annotations = { 'org.opencontainers.image.ref.name': tag };
  await writeFile(path.join(layout, 'index.json'), json({ schemaVersion: 2, manifests: [{ ...descriptor, annotations }] }));
}
