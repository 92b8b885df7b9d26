import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { type ProcessGroup } from '../../processes/process-group';
import { runCommand, tryCommand } from '../../processes/run-command';
import { MEDIA, addBlob, addFile, finishLayout, json, type Descriptor } from '../oci-layout';
import { toolPath } from '../toolchain';

/** Where the node pulls images from; containerd speaks http to loopback without being told. */
export const IMAGE_REGISTRY = '127.0.0.1:5000';

/** Name of an image that is there for pods. */
export function podImage(name: string): string {
  return `${IMAGE_REGISTRY}/${name}:1`;
}

/** Keeps a pod's namespaces. */
export const PAUSE_IMAGE = podImage('pause');

/** Starts the registry that the node pulls images from. */
export async function startImageRegistry(group: ProcessGroup, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = path.join(directory, 'config.yml');
  const storage = { filesystem: { rootdirectory: path.join(directory, 'data') } };
  await writeFile(
    file,
    stringify({ version: 0.1, log: { level: 'warn' }, storage, http: { addr: IMAGE_REGISTRY, secret: 'one replica' } }),
  );
  await group.start({
    name: 'image-registry',
    command: [toolPath('registry'), 'serve', file],
    env: { OTEL_TRACES_EXPORTER: 'none' },
    ready: async () => (await fetch(`http://${IMAGE_REGISTRY}/v2/`)).ok,
  });
}

/** Makes and pushes `pause` and `busybox`, which any pod needs; resolves with the layout of the latter, an image that has a shell. */
export async function pushBaseImages(directory: string): Promise<string> {
  const layer = await makeLayer(path.join(directory, 'base'), []);
  await pushImage(layer, 'pause', ['/bin/busybox', 'sleep', '2147483647']);
  await pushImage(layer, 'busybox', ['/bin/sh']);
  return layer.layout;
}

/** The clients of registries that run in pods, each an image of its name with it as entry point; all have all of them. */
export const CLIENT_IMAGES = ['crane', 'oras', 'skopeo', 'buildah', 'buildctl', 'buildkitd'] as const;

/** Makes and pushes the images of {@link CLIENT_IMAGES}. */
export async function pushClientImages(directory: string): Promise<void> {
  const layer = await makeLayer(path.join(directory, 'clients'), [...CLIENT_IMAGES, 'runc', ...USER_NAMESPACE_TOOLS]);
  for (const name of CLIENT_IMAGES) {
    await pushImage(layer, name, [`/usr/bin/${name}`]);
  }
}

/** Without the capability SYS_ADMIN buildah and podman work in a user namespace, which these make. */
const USER_NAMESPACE_TOOLS = ['newuidmap', 'newgidmap'];

/** More clients, for the pods of the documentation: what each calls, and its entry point where that is not itself. */
const EXAMPLE_IMAGES: Readonly<Record<string, { readonly calls: readonly string[]; readonly entrypoint?: string }>> = {
  helm: { calls: [] },
  regctl: { calls: [] },
  // podman does not start without these, though it pulls and pushes by itself.
  podman: { calls: [...USER_NAMESPACE_TOOLS, 'runc', 'conmon'] },
  // Both the engine and the command line, as in the images of docker.
  docker: { calls: ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc', 'iptables'], entrypoint: '/bin/env' },
};

/** Makes and pushes their images. */
export async function pushExampleImages(directory: string): Promise<void> {
  for (const [name, { calls, entrypoint = `/usr/bin/${name}` }] of Object.entries(EXAMPLE_IMAGES)) {
    await pushImage(await makeLayer(path.join(directory, name), [name, ...calls]), name, [entrypoint]);
  }
}

interface Layer {
  readonly layout: string;
  readonly descriptor: Descriptor;
}

/** A root file system of busybox and tools with their libraries. Not compressed: it is read again at once, on this machine. */
async function makeLayer(directory: string, tools: readonly string[]): Promise<Layer> {
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
  const tar = path.join(directory, 'layer.tar');
  await runCommand(['tar', '-C', root, '-cf', tar, '.']);
  const layout = path.join(directory, 'image');
  return { layout, descriptor: await addFile(layout, MEDIA.plainLayer, tar) };
}

/** What iptables loads when it is asked to match or to do something. */
const IPTABLES_MODULES = '/usr/lib/x86_64-linux-gnu/xtables';

async function addTool(root: string, name: string): Promise<void> {
  await cp(toolPath(name), path.join(root, 'usr/bin', name), { dereference: true });
  if (name === 'iptables') {
    await cp(IPTABLES_MODULES, path.join(root, IPTABLES_MODULES), { recursive: true });
  }
  for (const library of await librariesOf(toolPath(name))) {
    await cp(library, path.join(root, library), { dereference: true });
  }
}

/** The shared libraries that a program is linked with; none for one that is linked statically. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await tryCommand(['ldd', program]);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, library]) => library ?? '');
}

async function pushImage({ layout, descriptor }: Layer, name: string, entrypoint: readonly string[]): Promise<void> {
  const platform = { architecture: 'amd64', os: 'linux' };
  const image = {
    ...platform,
    config: { Entrypoint: entrypoint, Env: ['PATH=/usr/bin:/bin', 'HOME=/root'] },
    rootfs: { type: 'layers', diff_ids: [descriptor.digest] },
  };
  const config = await addBlob(layout, MEDIA.config, json(image));
  const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest, config, layers: [descriptor] };
  await finishLayout(layout, { ...(await addBlob(layout, MEDIA.manifest, json(manifest))), platform }, 'v1');
  await runCommand([toolPath('crane'), 'push', layout, podImage(name)], { env: {} });
}
