// The command line of `npm run release`. Imports only Node.js itself; see tools/run.mjs.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isVersion } from './version.mjs';

export const COMMAND = 'npm run release';

const HELP = `npm run release: makes a release of OCI Connector

Usage:
  npm run release -- 0.2.0 --dry-run   says what the next command would do
  npm run release -- 0.2.0             sets the version and commits it, then writes the release to dist/release/0.2.0
  npm run release -- 0.2.0 --prepare   only sets the version and commits it
  npm run release -- 0.2.0 --registry registry.example/team --push
  npm run release -- manifests         writes deploy/install.yaml: the chart with its default values, for kubectl and for the sandbox

The version is set in package.json, package-lock.json, the chart, the CRDs, deploy/install.yaml and CHANGELOG.md, whose entries under
"Unreleased" become those of the version. At a commit that already has this version, such as its tag, nothing is set or committed.
The release consists of the images, the chart, crds.yaml, install.yaml, kubectl-connectors, an SBOM for each image, digests.txt,
base-images.txt and SHA256SUMS. docs/releases.md explains them.

Options:
  --registry HOST[/PATH]  where the images and the chart belong; the chart and install.yaml of the release name it
  --push                  push the images with their SBOMs, and the chart
  --sign-key KEY          sign SHA256SUMS, and what was pushed, with this key: a file, env://NAME or the URI of a KMS (default: COSIGN_KEY)
  --platform OS/ARCH,…    platforms of the images (default: linux/amd64,linux/arm64); no emulator is needed
  --node-image IMAGE      base image with Node.js 24 (default: see deploy/Dockerfile)
  --busybox-image IMAGE   image from which the CSI image takes its shell (default: see deploy/Dockerfile)
  --source URL            address of the source code, for the images and the chart
  --plain-http            the registry has no TLS
  --prepare               set and commit the version, and stop
  --dry-run               change nothing; say what would be done
  -h, --help              this text

Needs helm 3, buildah and oras, and with a key cosign 3. Helm and oras may be those of \`npm run testbed -- install\`. Log in with "oras login HOST".
Two runs at one commit over the same base images write the same files: everything has the time of the commit, or SOURCE_DATE_EPOCH.
Exit status: 0 done, 1 failed, 2 refused; then nothing has changed.
`;

/** @typedef {{ version: string, registry?: string, push: boolean, signKey?: string, platforms: string[], nodeImage?: string,
 *   busyboxImage?: string, source?: string, plainHttp: boolean, prepare: boolean, dryRun: boolean }} ReleaseLine */

/**
 * @param {readonly string[]} args
 * @param {string} directory of the user, to which the file of the key is relative
 * @returns {{ help?: string, release?: ReleaseLine }} without a release for the command manifests
 * @throws Error when the arguments are invalid; the message describes the problem
 */
export function readCommandLine(args, directory = process.env['INIT_CWD'] ?? process.cwd()) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      registry: { type: 'string' },
      push: { type: 'boolean', default: false },
      'sign-key': { type: 'string' },
      platform: { type: 'string', default: 'linux/amd64,linux/arm64' },
      'node-image': { type: 'string' },
      'busybox-image': { type: 'string' },
      source: { type: 'string' },
      'plain-http': { type: 'boolean', default: false },
      prepare: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return { help: HELP };
  const [command, ...rest] = positionals;
  if (command === undefined || rest.length > 0) throw new Error('name one version, such as 0.2.0, or the command manifests');
  if (command === 'manifests') return {};
  if (!isVersion(command)) throw new Error(notAVersion(command));
  const platforms = values.platform.split(',');
  const wrong = platforms.filter((platform) => !/^linux\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(platform));
  if (wrong.length > 0) throw new Error(`--platform: "${wrong.join(',')}" is not of the form linux/ARCH, such as linux/arm64`);
  if (values.push && values.registry === undefined) throw new Error('--push: name the registry with --registry HOST[/PATH]');
  return {
    release: {
      version: command,
      registry: values.registry?.replace(/\/+$/, ''),
      push: values.push,
      signKey: values['sign-key'] === undefined ? undefined : keyFrom(values['sign-key'], directory),
      platforms,
      nodeImage: values['node-image'],
      busyboxImage: values['busybox-image'],
      source: values.source,
      plainHttp: values['plain-http'],
      prepare: values.prepare,
      dryRun: values['dry-run'],
    },
  };
}

/** Returns the path of a file; anything else is a URI. @param {string} key @param {string} directory */
function keyFrom(key, directory) {
  const file = path.resolve(directory, key);
  return existsSync(file) ? file : key;
}

/** @param {string} text */
function notAVersion(text) {
  if (isVersion(text.replace(/^v/, ''))) return `"${text}": write the version without the v: ${text.slice(1)}`;
  if (isVersion(text.replace(/\+.*/, ''))) return `"${text}": leave out the build metadata, which the tag of an image cannot contain`;
  return `"${text}" is not a version of semantic versioning, such as 0.2.0 or 1.0.0-rc.1; and not the command manifests`;
}
