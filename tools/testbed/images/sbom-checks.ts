import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { type BuiltImage } from '../../images/build-images';
import { runCommand } from '../../processes/run-command';
import { expectEqual, type Checks } from '../checks';
import { IMAGE_NODE, toolPath } from '../toolchain';

interface Referrers {
  readonly referrers?: readonly { readonly reference: string; readonly artifactType: string }[];
}

interface Sbom {
  readonly packages: readonly { readonly name: string; readonly versionInfo?: string }[];
}

/** Checks that a client finds one SBOM by the image's tag, and that it lists what the image contains, and nothing else. */
export async function checkSbom({ name, reference }: BuiltImage, checks: Checks, directory: string): Promise<void> {
  const oras = (...args: string[]): Promise<string> => runCommand([toolPath('oras'), ...args, '--plain-http']);
  await checks.check(`${name}: one SBOM is attached, with Node.js and the packages of the bundle`, async () => {
    const { referrers = [] } = JSON.parse(await oras('discover', '--format', 'json', reference)) as Referrers;
    expectEqual(
      referrers.map(({ artifactType }) => artifactType),
      ['application/spdx+json'],
      'referrers',
    );
    await oras('pull', '--output', directory, referrers[0]?.reference ?? '');
    const file = path.join(directory, `connectors-${name}.spdx.json`);
    const { packages } = JSON.parse(await readFile(file, 'utf8')) as Sbom;
    const versions = new Map(packages.map((part) => [part.name, part.versionInfo]));
    expectEqual(versions.get('node'), IMAGE_NODE.version, 'version of Node.js');
    const named = ['busybox', 'undici', '@nestjs/core', '@grpc/grpc-js', 'http-proxy', 'jest', 'esbuild'];
    const expected = {
      controller: ['undici', '@nestjs/core'],
      proxy: ['undici', '@nestjs/core', 'http-proxy'],
      csi: ['busybox', 'undici', '@nestjs/core', '@grpc/grpc-js'],
    };
    expectEqual(
      named.filter((part) => versions.has(part)),
      expected[name],
      'packages',
    );
  });
}
