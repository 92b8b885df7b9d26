import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toolPath } from '../toolchain';
import { type ImageView } from './image-view';

/** A directory or file of this machine. */
export interface Share {
  readonly place: string;
  /** Whether the container can write to it, and its mounts in it are seen outside. */
  readonly writable: boolean;
}

export interface ContainerOptions {
  /** Directory for the files of runc. */
  readonly directory: string;
  readonly image: ImageView;
  /** Replaces the entry point of the image. */
  readonly entrypoint?: readonly string[];
  /** After the entry point. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What the container has at the same paths. */
  readonly shares?: readonly Share[];
  /** Such as CAP_SYS_ADMIN; none by default. */
  readonly capabilities?: readonly string[];
}

export interface Container {
  /** Runs it in the foreground. */
  readonly run: readonly [string, ...string[]];
  /** Prints its state as JSON while it runs. */
  readonly state: readonly [string, ...string[]];
}

/**
 * Prepares a container as a Kubernetes with Pod Security "restricted" runs it: the image's user, entry point and environment, a read-only
 * root file system, no way to gain privileges. Only the network is that of this process.
 */
export async function prepareContainer(id: string, options: ContainerOptions): Promise<Container> {
  const bundle = path.join(options.directory, id);
  await mkdir(bundle, { recursive: true });
  await writeFile(path.join(bundle, 'config.json'), JSON.stringify(specOf(options)));
  const runc = [toolPath('runc'), '--root', path.join(options.directory, 'runc')] as const;
  return { run: [...runc, 'run', '--bundle', bundle, id], state: [...runc, 'state', id] };
}

/** See config.json in the OCI runtime specification. */
function specOf({ image, shares = [], ...options }: ContainerOptions): object {
  return {
    ociVersion: '1.0.2',
    process: processOf(image, options),
    root: { path: image.root, readonly: true },
    mounts: [...SYSTEM_MOUNTS, ...shares.map(bindMount)],
    linux: {
      // As Kubernetes sets it for mountPropagation: Bidirectional.
      rootfsPropagation: shares.some(({ writable }) => writable) ? 'rshared' : 'rslave',
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
    },
  };
}

type ProcessOptions = Pick<ContainerOptions, 'entrypoint' | 'args' | 'env' | 'capabilities'>;

function processOf({ config: { config } }: ImageView, { entrypoint, args = [], env = {}, capabilities = [] }: ProcessOptions): object {
  const { User = '', Entrypoint = [], Env = [] } = config;
  const [uid = NaN, gid = NaN] = User.split(':').map(Number);
  return {
    user: { uid, gid },
    args: [...(entrypoint ?? Entrypoint), ...args],
    env: [...Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
    cwd: '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    noNewPrivileges: true,
  };
}

const SYSTEM_MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
];

const bindMount = ({ place, writable }: Share): object => ({
  destination: place,
  type: 'bind',
  source: place,
  options: writable ? ['rbind', 'rshared'] : ['rbind', 'ro'],
});
