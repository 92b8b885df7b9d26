import path from 'node:path';
import { type BuiltImage } from '../../images/build-images';
import { type ImageName } from '../../images/command-line.mjs';
import { readCommit, type Commit } from '../../images/commit';
import { freePort } from '../../processes/free-port';
import { formatTable, step } from '../../processes/progress';
import { Checks, expectEqual } from '../checks';
import { startImageRegistry } from '../cluster/pod-images';
import { pushProductBases, type BaseImages } from '../images/base-images';
import { fetchImage, type ImageView } from '../images/image-view';
import { checkMounts } from '../images/mount-checks';
import { buildProductImages } from '../images/product-images';
import { checkEnd, checkStart, startInstalledApi, type Running } from '../images/running-checks';
import { checkSbom } from '../images/sbom-checks';
import { checkStatically, sizeOf } from '../images/static-checks';
import { type Suite } from './suite';

const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Tests the images that are built from deploy/Dockerfile for two platforms. Only those for this machine are run. */
export const imagesSuite: Suite = {
  async run({ directory: world, group, closing }) {
    const checks = new Checks();
    const place = (...names: string[]): string => path.join(world, 'images', ...names);
    const registry = `127.0.0.1:${await freePort()}`;
    await startImageRegistry(group, place('registry'), registry);
    const [commit, bases] = await Promise.all([readCommit(), pushProductBases(place('bases'), registry, ['amd64', 'arm64'])]);
    const build = (storage: string, options: { registry: string; sbom: boolean }) =>
      buildProductImages(place(storage), bases, { platforms: PLATFORMS, ...options });
    const images = await build('first', { registry, sbom: true });
    const again = await build('second', { registry: `${registry}/again`, sbom: false });
    for (const [index, { name, digest }] of images.entries()) {
      await checks.check(`${name}: two builds have the same digest`, () => expectEqual(again[index]?.digest, digest, 'digest'));
    }
    for (const image of images) {
      await checkSbom(image, checks, place('sboms'));
    }
    const views = await checkAll({ checks, images, bases, commit, place });
    await checkMounts(views.csi, checks, place('mounts'));
    const api = await startInstalledApi(place('running'));
    closing.unshift(() => api.client.close().then(() => api.server.close()));
    const running: Running[] = [];
    // The controller comes first, because the others need what it creates.
    for (const { name } of images) {
      const started = await step(`running ${name}`, () => checkStart(name, views[name], { checks, directory: place('running'), api }));
      running.push(...(started ? [started] : []));
    }
    for (const program of running.reverse()) {
      await checkEnd(program, checks);
    }
    const rows = running.map(({ name, readyMs, memoryMib }) => [name, readyMs.toFixed(0), memoryMib.toFixed(0)]);
    process.stdout.write(`\n${formatTable(['image', 'ready ms', 'RSS MiB'], rows)}\n\n`);
    return checks.result;
  },
};

interface AllImages {
  readonly checks: Checks;
  readonly images: readonly BuiltImage[];
  readonly bases: BaseImages;
  readonly commit: Commit;
  readonly place: (...names: string[]) => string;
}

/** Checks the images for all platforms without running them, and prints their sizes. Returns those for this machine. */
async function checkAll({ checks, images, bases, commit, place }: AllImages): Promise<Readonly<Record<ImageName, ImageView>>> {
  const views: Partial<Record<ImageName, ImageView>> = {};
  const rows: string[][] = [];
  for (const platform of PLATFORMS) {
    const base = await fetchImage(bases.node, platform, place('unpacked', platform, 'node'));
    const baseSize = sizeOf(base.root);
    for (const image of images) {
      const view = await fetchImage(image.reference, platform, place('unpacked', platform, image.name));
      views[image.name] ??= view;
      await checkStatically({ checks, image, view, commit, baseSize });
      const size = sizeOf(view.root);
      rows.push([image.name, platform, megabytes(size), megabytes(size - baseSize)]);
    }
  }
  process.stdout.write(`\n${formatTable(['image', 'platform', 'MB', 'MB over its base'], rows)}\n\n`);
  return views as Record<ImageName, ImageView>;
}
