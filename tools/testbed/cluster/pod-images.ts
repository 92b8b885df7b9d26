import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { type ProcessGroup } from '../../processes/process-group';
import { runCommand } from '../../processes/run-command';
import { addProgram, packLayer, pushLayers, type Layer } from '../images/image-layer';
import { toolPath } from '../toolchain';

/** The registry from which the node pulls images. containerd uses http for loopback by default. */
export const IMAGE_REGISTRY = '127.0.0.1:5000';

/** Returns the name of an image for pods. */
export function podImage(name: string): string {
  return `${IMAGE_REGISTRY}/${name}:1`;
}

/** The image of the container that keeps a pod's namespaces. */
export const PAUSE_IMAGE = podImage('pause');

/** Returns the storage of that registry. @param directory of the cluster */
export function imageData(directory: string): string {
  return path.join(directory, 'images/data');
}

/** Starts the registry from which the node pulls images, or one like it at another address. */
export async function startImageRegistry(group: ProcessGroup, directory: string, address = IMAGE_REGISTRY): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = path.join(directory, 'config.yml');
  const storage = { filesystem: { rootdirectory: path.join(directory, 'data') } };
  await writeFile(file, stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: address, secret: 'one replica' } }));
  await group.start({
    name: 'image-registry',
    command: [toolPath('registry'), 'serve', file],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: async () => (await fetch(`http://${address}/v2/`)).ok,
  });
}

/**
 * Builds and pushes `pause`, which every pod needs, and `busybox`.
 *
 * @returns the OCI layout of `busybox`, which contains a shell
 */
export async function pushBaseImages(directory: string): Promise<string> {
  const layer = await makeLayer(path.join(directory, 'base'), []);
  await pushImage(layer, 'pause', { Entrypoint: ['/bin/busybox', 'sleep', '2147483647'] });
  await pushImage(layer, 'busybox', { Entrypoint: ['/bin/sh'] });
  return layer.layout;
}

/**
 * The clients of registries that run in pods. Each has an image with its name and with the client as entry point; every image
 * contains all clients.
 */
export const CLIENT_IMAGES = ['crane', 'oras', 'skopeo', 'buildah', 'buildctl', 'buildkitd'] as const;

/** Builds and pushes the images of {@link CLIENT_IMAGES}. */
export async function pushClientImages(directory: string): Promise<void> {
  const layer = await makeLayer(path.join(directory, 'clients'), [...CLIENT_IMAGES, 'runc', ...USER_NAMESPACE_TOOLS]);
  for (const name of CLIENT_IMAGES) {
    await pushImage(layer, name, { Entrypoint: [`/usr/bin/${name}`] });
  }
}

/** Tools that create a user namespace. buildah and podman use one if they do not have the capability SYS_ADMIN. */
export const USER_NAMESPACE_TOOLS = ['newuidmap', 'newgidmap'];

/** Builds and pushes the image of crane. */
export async function pushCraneImage(directory: string): Promise<void> {
  await pushImage(await makeLayer(directory, ['crane']), 'crane', { Entrypoint: ['/usr/bin/crane'] });
}

/** Adds files to a root file system. */
export type Furnish = (root: string) => Promise<void>;

/**
 * Builds a root file system of busybox and tools with their libraries.
 *
 * @param furnish adds more files
 */
export async function makeLayer(directory: string, tools: readonly string[], furnish?: Furnish): Promise<Layer> {
  const root = path.join(directory, 'root');
  for (const name of ['bin', 'usr/bin', 'tmp', 'var/tmp', 'root', 'etc/containers']) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  for (const name of ['tmp', 'var/tmp']) {
    await chmod(path.join(root, name), 0o1777);
  }
  await cp(toolPath('busybox'), path.join(root, 'bin/busybox'));
  for (const applet of (await runCommand([toolPath('busybox'), '--list'])).trim().split('\n')) {
    if (applet !== 'busybox') {
      await symlink('busybox', path.join(root, 'bin', applet));
    }
  }
  await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(path.join(root, 'etc/group'), 'root:x:0:\n');
  await writeFile(path.join(root, 'etc/containers/policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
  for (const tool of tools) {
    await addTool(root, tool);
  }
  await furnish?.(root);
  return packLayer(root, path.join(directory, 'image'));
}

/** Directory of the extensions that iptables loads for matches and targets. */
const IPTABLES_MODULES = '/usr/lib/x86_64-linux-gnu/xtables';

async function addTool(root: string, name: string): Promise<void> {
  await addProgram(root, toolPath(name), path.join('usr/bin', name));
  if (name === 'iptables') {
    await cp(IPTABLES_MODULES, path.join(root, IPTABLES_MODULES), { recursive: true });
  }
}

interface ImageConfig {
  readonly Entrypoint: readonly string[];
  /** In addition to the search path. */
  readonly Env?: readonly string[];
}

export async function pushImage(layer: Layer, name: string, { Entrypoint, Env = ['HOME=/root'] }: ImageConfig): Promise<void> {
  await pushLayers([layer], podImage(name), { Entrypoint, Env: ['PATH=/usr/bin:/bin', ...Env] });
}
