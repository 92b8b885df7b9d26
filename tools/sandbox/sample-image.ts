import { createHash } from 'node:crypto';
import { type BuiltImage } from '@oci-connector/testing-registry';

const MEDIA = {
  layer: 'application/vnd.oci.image.layer.v1.tar',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
} as const;

/** Size of a block of a tar file, in bytes (POSIX.1-1988, ustar). */
const TAR_BLOCK = 512;

/** Builds an image that every client can unpack, with one layer with one file. The same text always gives the same digest. */
export function sampleImage(text: string): BuiltImage {
  const layer = content(tarOfOneFile('hello.txt', Buffer.from(text)));
  const config = content(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const describe = (mediaType: string, { digest, content: data }: typeof layer): object => ({ mediaType, digest, size: data.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    config: describe(MEDIA.config, config),
    layers: [describe(MEDIA.layer, layer)],
  });
  return { ...content(manifest), mediaType: MEDIA.manifest, blobs: [config, layer], children: [] };
}

function content(data: string | Buffer): { digest: string; content: Buffer } {
  const buffer = Buffer.from(data);
  return { digest: `sha256:${createHash('sha256').update(buffer).digest('hex')}`, content: buffer };
}

function tarOfOneFile(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(data.length, 11), 124);
  header.write(octal(0, 11), 136);
  // The checksum is computed with spaces in its own field.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((TAR_BLOCK - (data.length % TAR_BLOCK)) % TAR_BLOCK);
  return Buffer.concat([header, data, padding, Buffer.alloc(2 * TAR_BLOCK)]);
}
