import { createHash } from 'node:crypto';
import { type BuiltContent, type BuiltImage } from '../builders/image.builder';
import { RegistryClient, type RegistryTarget } from './registry-client';

export interface ImageAddress extends RegistryTarget {
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** Pushes the image with all its blobs and children, and returns its digest. Blobs are pushed by POST and PUT. */
export async function pushImage(address: ImageAddress, image: BuiltImage): Promise<string> {
  const client = new RegistryClient(address);
  await pushContent(client, address.repository, image);
  await putManifest(client, address.repository, address.reference, image);
  return image.digest;
}

/** Pulls the manifest with all its blobs and children, and checks every digest. */
export async function pullImage(address: ImageAddress): Promise<BuiltImage> {
  const client = new RegistryClient(address);
  return pullManifest(client, address.repository, address.reference);
}

async function pushContent(client: RegistryClient, repository: string, image: BuiltImage): Promise<void> {
  for (const blob of image.blobs) {
    await pushBlob(client, repository, blob);
  }
  for (const child of image.children) {
    await pushContent(client, repository, child);
    await putManifest(client, repository, child.digest, child);
  }
}

async function pushBlob(client: RegistryClient, repository: string, blob: BuiltContent): Promise<void> {
  const begun = await client.send(`${repository}/blobs/uploads/`, [202], { method: 'POST', headers: { 'content-length': 0 } });
  const location = begun.headers.location ?? '';
  const end = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(blob.digest)}`;
  await client.send(end, [201], { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: blob.content });
}

async function putManifest(client: RegistryClient, repository: string, reference: string, image: BuiltImage): Promise<void> {
  const headers = { 'content-type': image.mediaType };
  await client.send(`${repository}/manifests/${reference}`, [201], { method: 'PUT', headers, body: image.content });
}

async function pullManifest(client: RegistryClient, repository: string, reference: string): Promise<BuiltImage> {
  const response = await client.send(`${repository}/manifests/${reference}`, [200], { headers: { accept: '*/*' } });
  const content = response.body;
  const document = JSON.parse(content.toString('utf8')) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  const blobs: BuiltContent[] = [];
  const digests = [document.config, ...(document.layers ?? [])].flatMap((descriptor) => descriptor?.digest ?? []);
  for (const digest of new Set(digests)) {
    blobs.push(await pullBlob(client, repository, digest));
  }
  const children: BuiltImage[] = [];
  for (const { digest } of document.manifests ?? []) {
    children.push(await pullManifest(client, repository, digest));
  }
  const digest = check(content, reference.includes(':') ? reference : undefined);
  return { digest, mediaType: response.headers['content-type'] ?? '', content, blobs, children };
}

async function pullBlob(client: RegistryClient, repository: string, digest: string): Promise<BuiltContent> {
  const { body } = await client.send(`${repository}/blobs/${digest}`, [200]);
  check(body, digest);
  return { digest, content: body };
}

function check(content: Buffer, expected: string | undefined): string {
  const algorithm = expected?.split(':')[0] ?? 'sha256';
  const digest = `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
  if (expected !== undefined && digest !== expected) {
    throw new Error(`expected ${expected}, received ${digest}`);
  }
  return digest;
}
