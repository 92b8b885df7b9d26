import path from 'node:path';
import { freePort } from '../../processes/free-port';
import { step } from '../../processes/progress';
import { Checks, expectEqual, expectParts } from '../checks';
import { startImageRegistry } from '../cluster/pod-images';
import { pushProductBases, type BaseImages } from '../images/base-images';
import { SOURCE } from '../images/product-images';
import { checkPublished } from '../release/published-checks';
import { ReleaseClone } from '../release/release-clone';
import { toolPath } from '../toolchain';
import { type Suite } from './suite';

/** Greater than every version of the product. */
const VERSION = '99.0.0';

/** In a directory that git ignores. */
const KEY = 'dist/release-test';

const PLACE = path.join('dist', 'release', VERSION);

/** Makes a release of this commit for one platform, in a clone: refused, tried, made, published, and made again. */
export const releaseSuite: Suite = {
  async run({ directory: world, group }) {
    const checks = new Checks();
    const place = (...names: string[]): string => path.join(world, 'release', ...names);
    const registry = `127.0.0.1:${await freePort()}`;
    await startImageRegistry(group, place('registry'), registry);
    const bases = await pushProductBases(place('bases'), registry, ['amd64']);
    const clone = await step('cloning the workspace', () => ReleaseClone.make({ directory: place('clone'), storage: place('storage') }));
    const options = optionsFor(bases, `${registry}/team`);
    await checkRefusals(checks, clone, options);
    await checks.part('release', () => checkRelease(checks, clone, options));
    const release = { clone, version: VERSION, registry: `${registry}/team`, place: PLACE, directory: place() };
    await checks.part('published', () => checkPublished(checks, release));
    await checks.part('again', () => checkAgain(checks, clone, options));
    return checks.result;
  },
};

function optionsFor({ node, busybox }: BaseImages, registry: string): string[] {
  return [
    ...['--registry', registry, '--plain-http', '--platform', 'linux/amd64', '--source', SOURCE],
    ...['--node-image', node, '--busybox-image', busybox],
  ];
}

/** Checks that nothing changes when a release is refused, and in a dry run. */
async function checkRefusals(checks: Checks, clone: ReleaseClone, options: readonly string[]): Promise<void> {
  const head = await clone.git('rev-parse', 'HEAD');
  const unchanged = async (): Promise<void> => {
    expectEqual(await clone.git('rev-parse', 'HEAD'), head, 'commit');
    expectEqual(await clone.git('status', '--porcelain'), '', 'changed files');
  };
  const refused = async (version: string, message: string): Promise<void> => {
    const { status, stderr } = await clone.release(version, ...options);
    expectParts(stderr, [message]);
    expectEqual(status, 2, 'exit status');
  };
  await checks.check('a version that is not greater is refused', async () => {
    await refused('0.0.9', 'refused: 0.0.9 is lower than');
    await unchanged();
  });
  await checks.check('a version that has a tag is refused', async () => {
    await clone.git('tag', `v${VERSION}`);
    await refused(VERSION, `refused: the tag v${VERSION} exists; choose a later version`);
    await clone.git('tag', '--delete', `v${VERSION}`);
    await unchanged();
  });
  await checks.check('changes that are not committed are refused', async () => {
    await clone.copy('LICENSE', 'left-over.txt');
    await refused(VERSION, 'refused: changes that are not committed: left-over.txt; commit or stash them');
    await clone.run(['rm', 'left-over.txt']);
    await unchanged();
  });
  await checks.check('--dry-run says what it would do, and changes nothing', async () => {
    const { stdout } = await done(clone, [...options, '--dry-run', '--push']);
    expectParts(stdout, [`Set version ${VERSION} in package.json`, 'for linux/amd64', 'Push the images with their SBOMs', 'Sign nothing']);
    await unchanged();
  });
}

/** Makes the release, and checks its commit. */
async function checkRelease(checks: Checks, clone: ReleaseClone, options: readonly string[]): Promise<void> {
  const before = await clone.git('rev-parse', 'HEAD');
  await clone.run(['mkdir', '--parents', 'dist']);
  await clone.run([toolPath('cosign'), 'generate-key-pair', '--output-key-prefix', KEY]);
  await step('making a release', () => done(clone, [...options, '--push', '--sign-key', `${KEY}.key`]));
  await checks.check('one commit sets the version everywhere, and dates the changelog', async () => {
    expectEqual(await clone.git('log', '--format=%s', `${before}..`), `chore(release): ${VERSION}`, 'commits');
    expectEqual(await clone.git('status', '--porcelain'), '', 'changed files');
    const seconds = Number(await clone.git('log', '-1', '--format=%ct', before));
    const date = new Date(seconds * 1000).toISOString().slice(0, 10);
    expectParts(await clone.read('CHANGELOG.md'), [`## Unreleased\n\n## ${VERSION} - ${date}\n`]);
    const files = [
      'package.json',
      'package-lock.json',
      'deploy/chart/Chart.yaml',
      'deploy/chart/crds/connectors.yaml',
      'deploy/install.yaml',
    ];
    for (const file of files) {
      expectParts(await clone.read(file), [VERSION]);
    }
  });
  await checks.check('the commit of a release needs no second one', async () =>
    expectParts((await done(clone, [...options, '--dry-run'])).stdout, [`The commit has version ${VERSION} already`]),
  );
}

/** Makes the release a second time. The programs come from the cache of Nx; the command is bundled again, for the others. */
async function checkAgain(checks: Checks, clone: ReleaseClone, options: readonly string[]): Promise<void> {
  const sums = await clone.read(`${PLACE}/SHA256SUMS`);
  await checks.check('a second bundle of the command is the same', async () => {
    const first = await clone.read(`${PLACE}/kubectl-connectors`);
    await clone.run([process.execPath, 'tools/build.mjs', 'tools/cli']);
    expectEqual((await clone.read('dist/connectors/connectors.js')) === first, true, 'the same file');
  });
  await checks.check('a second run at the commit, without a key, makes the same files', async () => {
    const { stdout } = await step('making the release again', () => done(clone, options));
    expectParts(stdout, ['not signed: there is no key']);
    expectEqual(await clone.read(`${PLACE}/SHA256SUMS`), sums, 'checksums');
  });
}

/** Runs `npm run release -- VERSION OPTIONS`. @throws Error when it fails */
async function done(clone: ReleaseClone, options: readonly string[]): Promise<{ readonly stdout: string }> {
  const { status, stdout, stderr } = await clone.release(VERSION, ...options);
  if (status !== 0) {
    throw new Error(`the release ended with status ${status}: ${`${stdout}\n${stderr}`.slice(-2000)}`);
  }
  return { stdout };
}
