// The command line of `npm run images`. Imports only Node.js itself; see tools/run.mjs.
import { parseArgs } from 'node:util';

export const COMMAND = 'npm run images';

/** The images, which are the targets of deploy/Dockerfile. */
export const IMAGES = /** @type {const} */ (['controller', 'proxy', 'csi']);

/** @typedef {typeof IMAGES[number]} ImageName */

const HELP = `npm run images: builds the images of the programs from deploy/Dockerfile, and pushes them

Usage:
  npm run images                                      build all three for this machine: localhost/connectors-NAME:VERSION
  npm run images -- proxy                             build one
  npm run images -- --registry registry.example/team --push
  npm run images -- --registry registry.example/team --platform linux/amd64,linux/arm64 --push

Images: ${IMAGES.join(', ')}. Their version is that of package.json.

Options:
  --registry HOST[/PATH]  where the images belong (default: localhost, the local storage)
  --tag TAG               tag of the images (default: the version)
  --push                  push the images, and attach an SBOM to each
  --platform OS/ARCH,…    platforms (default: that of this machine); no emulator is needed
  --node-image IMAGE      base image with Node.js 24 (default: see deploy/Dockerfile)
  --busybox-image IMAGE   image from which the CSI image takes its shell (default: see deploy/Dockerfile)
  --source URL            address of the source code, for a label of the images
  --no-sbom               write and attach no SBOM; for registries that refuse its media type
  --plain-http            the registry has no TLS
  -h, --help              this text

Needs buildah, and with --push also oras (https://oras.land). Log in with "oras login HOST": buildah reads the same file.
The bundles and the SBOMs are in dist/. Two builds of one commit over the same base image have the same digests: everything in the
images has the time of the commit, or SOURCE_DATE_EPOCH if it is set.
`;

/**
 * @param {readonly string[]} args
 * @returns {{ help?: string, names: readonly ImageName[], registry: string, tag?: string, push: boolean, platforms?: string[],
 *   nodeImage?: string, busyboxImage?: string, source?: string, sbom: boolean, plainHttp: boolean }}
 * @throws Error when the arguments are invalid; the message describes the problem
 */
export function readCommandLine(args) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      registry: { type: 'string' },
      tag: { type: 'string' },
      push: { type: 'boolean', default: false },
      platform: { type: 'string' },
      'node-image': { type: 'string' },
      'busybox-image': { type: 'string' },
      source: { type: 'string' },
      'no-sbom': { type: 'boolean', default: false },
      'plain-http': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const unknown = positionals.filter((name) => !IMAGES.some((image) => image === name));
  if (unknown.length > 0) throw new Error(`unknown image: ${unknown.join(', ')}; choose from ${IMAGES.join(', ')}`);
  const platforms = values.platform?.split(',');
  const wrong = platforms?.filter((platform) => !/^linux\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(platform)) ?? [];
  if (wrong.length > 0) throw new Error(`--platform: "${wrong.join(',')}" is not of the form linux/ARCH, such as linux/arm64`);
  if (values.push && values.registry === undefined) throw new Error('--push: name the registry with --registry HOST[/PATH]');
  return {
    help: values.help ? HELP : undefined,
    names: positionals.length > 0 ? /** @type {ImageName[]} */ (positionals) : IMAGES,
    registry: values.registry ?? 'localhost',
    tag: values.tag,
    push: values.push,
    platforms,
    nodeImage: values['node-image'],
    busyboxImage: values['busybox-image'],
    source: values.source,
    sbom: !values['no-sbom'],
    plainHttp: values['plain-http'],
  };
}
