import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildAll } from '../installation/build-programs';
import { step } from '../processes/progress';
import { runCommand, tryCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { type ImageName } from './command-line.mjs';
import { isoTime } from './sbom';
import { baseParts, writeSbom } from './write-sbom';

export interface ImageOptions {
  readonly names: readonly ImageName[];
  /** Host and path of the images, such as `registry.example/team`. */
  readonly registry: string;
  readonly tag: string;
  /** Such as `linux/arm64`. */
  readonly platforms: readonly string[];
  /** Build arguments of deploy/Dockerfile; undefined for its default. */
  readonly buildArgs: Readonly<Record<string, string | undefined>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Time of everything in the images, in seconds since the epoch. */
  readonly epoch: string;
  readonly push: boolean;
  /** Directory of an OCI layout, to which the images are written as `connectors-NAME:TAG` instead of being pushed. */
  readonly layout?: string;
  /** Whether the registry is used without TLS. */
  readonly plainHttp: boolean;
  /** Whether to write an SBOM for each image, and to attach it to a pushed image. */
  readonly sbom: boolean;
  readonly buildah: string;
  readonly oras: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface BuiltImage {
  readonly name: ImageName;
  readonly reference: string;
  /** Digest of the index in the registry or the layout, if there is one. */
  readonly digest?: string;
  /** File of the SBOM. */
  readonly sbom?: string;
}

/** For a base image that is pulled over a slow line. */
const HALF_AN_HOUR = 30 * 60_000;

/** Builds the bundles and the images, writes their SBOMs, and pushes everything, or writes it to a layout, if so asked. */
export async function buildImages(options: ImageOptions): Promise<BuiltImage[]> {
  await step('bundling the programs', buildAll);
  const parts = options.sbom ? await step('reading the versions in the base images', () => baseParts(options)) : [];
  const built: BuiltImage[] = [];
  for (const name of options.names) {
    const reference = referenceOf(name, options);
    await step(`building ${reference}`, () => buildImage(name, reference, options));
    const sbom = options.sbom ? await writeSbom(name, { parts, epoch: options.epoch }) : undefined;
    const digest = await deliver(name, reference, options);
    if (sbom !== undefined && digest !== undefined) {
      await attachSbom({ ...options, name, reference, digest }, sbom);
    }
    built.push({ name, reference, digest, sbom });
  }
  return built;
}

function referenceOf(name: ImageName, { registry, tag }: Pick<ImageOptions, 'registry' | 'tag'>): string {
  return `${registry}/connectors-${name}:${tag}`;
}

/** Builds an index with an image for each platform, also for a single platform, so that there is one way. */
async function buildImage(name: ImageName, reference: string, options: ImageOptions): Promise<void> {
  const { buildah, env } = options;
  // Otherwise the build would add to the existing index.
  await tryCommand([buildah, 'manifest', 'rm', reference], { env });
  // One after the other: together they would be in the index in any order.
  for (const platform of options.platforms) {
    await runCommand([buildah, ...buildArguments({ name, reference, platform }, options)], {
      cwd: workspaceRoot,
      env,
      timeout: HALF_AN_HOUR,
    });
  }
}

interface PlatformImage {
  readonly name: ImageName;
  readonly reference: string;
  readonly platform: string;
}

function buildArguments({ name, reference, platform }: PlatformImage, { buildArgs, labels, epoch }: ImageOptions): string[] {
  return [
    ...['bud', '--file', path.join('deploy', 'Dockerfile'), '--target', name, '--manifest', reference],
    ...['--platform', platform, '--format', 'oci'],
    // What makes two builds equal: one time everywhere, and no label with the version of buildah.
    ...['--timestamp', epoch, '--identity-label=false'],
    ...pairs('--build-arg', buildArgs),
    ...pairs('--label', labels),
    'dist',
  ];
}

function pairs(option: string, values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [option, `${name}=${value}`]));
}

/** Pushes the image or writes it to the layout. @returns its digest; undefined if it stays in the storage of buildah */
async function deliver(name: ImageName, reference: string, options: ImageOptions): Promise<string | undefined> {
  if (options.layout !== undefined) {
    const target = `oci:${options.layout}:${nameInLayout(name, options)}`;
    return step(`writing ${nameInLayout(name, options)}`, () => pushImage(reference, target, options));
  }
  return options.push ? step(`pushing ${reference}`, () => pushImage(reference, `docker://${reference}`, options)) : undefined;
}

const nameInLayout = (name: ImageName, { tag }: Pick<ImageOptions, 'tag'>): string => `connectors-${name}:${tag}`;

async function pushImage(reference: string, target: string, { buildah, plainHttp, env }: ImageOptions): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'images-'));
  const digestFile = path.join(directory, 'digest');
  const tls = plainHttp ? ['--tls-verify=false'] : [];
  const command = ['manifest', 'push', '--all', ...tls, '--digestfile', digestFile, reference, target];
  try {
    await runCommand([buildah, ...command], { env, timeout: HALF_AN_HOUR });
    return await readFile(digestFile, 'utf8');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The media type of SPDX as JSON, by which scanners find the SBOM among the referrers of an image. */
const SPDX = 'application/spdx+json';

interface Delivered extends ImageOptions {
  readonly name: ImageName;
  readonly reference: string;
  readonly digest: string;
}

/** Attaches the SBOM to the index, to which the tag refers. */
async function attachSbom({ reference, digest, layout, oras, plainHttp, epoch, env, ...image }: Delivered, file: string): Promise<void> {
  const tls = plainHttp ? ['--plain-http'] : [];
  const subject =
    layout === undefined ? [...tls, `${reference}@${digest}`] : ['--oci-layout-path', layout, nameInLayout(image.name, image)];
  // Otherwise the manifest would have the current time, and a second push would add a second SBOM.
  const created = ['--annotation', `org.opencontainers.image.created=${isoTime(epoch)}`];
  const command = [oras, 'attach', ...created, '--artifact-type', SPDX, ...subject, `${path.basename(file)}:${SPDX}`] as const;
  await runCommand([...command], { cwd: path.dirname(file), env, timeout: HALF_AN_HOUR });
}
