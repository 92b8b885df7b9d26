import { appendFile, chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { daemonlessScript } from '../toolchain';
import { makeLayer, pushImage, USER_NAMESPACE_TOOLS, type Furnish } from './pod-images';

interface ExampleImage {
  /** The client and the programs that it calls. */
  readonly programs: readonly string[];
  /** Default: the client. */
  readonly entrypoint?: string;
  readonly furnish?: Furnish;
  readonly env?: readonly string[];
}

/** The user of BuildKit's rootless image, its home and its runtime directory. */
const ROOTLESS = { id: 1000, home: '/home/user', run: '/run/user/1000' } as const;

/** The client with the registry library of kaniko, whose images cannot be built from the module proxy. */
export const KANIKO_LIBRARY = 'crane-0.20';

/** More clients, for the pods of the documentation. */
const EXAMPLE_IMAGES: Readonly<Record<string, ExampleImage>> = {
  helm: { programs: ['helm'] },
  regctl: { programs: ['regctl'] },
  cosign: { programs: ['cosign'] },
  [KANIKO_LIBRARY]: { programs: [KANIKO_LIBRARY] },
  // podman does not start without these, although it does not use them to pull and push.
  podman: { programs: ['podman', ...USER_NAMESPACE_TOOLS, 'runc', 'conmon'] },
  // The engine and the command line, as in the images of docker.
  docker: { programs: ['docker', 'dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc', 'iptables'], entrypoint: '/bin/env' },
  // As BuildKit's rootless image.
  buildkit: {
    programs: ['buildctl', 'buildkitd', 'rootlesskit', 'runc', ...USER_NAMESPACE_TOOLS],
    entrypoint: '/usr/bin/rootlesskit',
    furnish: furnishRootless,
    env: [`HOME=${ROOTLESS.home}`, 'USER=user', `XDG_RUNTIME_DIR=${ROOTLESS.run}`, `TMPDIR=${ROOTLESS.home}/.local/tmp`],
  },
};

/** Builds and pushes the images of these clients. */
export async function pushExampleImages(directory: string): Promise<void> {
  for (const [name, { programs, entrypoint = `/usr/bin/${name}`, furnish, env }] of Object.entries(EXAMPLE_IMAGES)) {
    await pushImage(await makeLayer(path.join(directory, name), programs, furnish), name, { Entrypoint: [entrypoint], Env: env });
  }
}

/** Adds the user of BuildKit's rootless image, the ids that it may use in a user namespace, and the script that starts a buildkitd. */
async function furnishRootless(root: string): Promise<void> {
  const { id, home, run } = ROOTLESS;
  for (const name of [`${home}/.local/tmp`, `${home}/.local/share/buildkit`, run]) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  // All files of a layer belong to root.
  for (const name of [home, `${home}/.local`, `${home}/.local/tmp`, `${home}/.local/share`, `${home}/.local/share/buildkit`, run]) {
    await chmod(path.join(root, name), 0o777);
  }
  await appendFile(path.join(root, 'etc/passwd'), `user:x:${id}:${id}:user:${home}:/bin/sh\n`);
  await appendFile(path.join(root, 'etc/group'), `user:x:${id}:\n`);
  for (const name of ['etc/subuid', 'etc/subgid']) {
    await writeFile(path.join(root, name), 'user:100000:65536\n');
  }
  // Debian's programs do not give up root, as those of BuildKit's image do, and Linux lets only the owner of a user namespace map ids.
  for (const [name, capability] of [
    ['newuidmap', 'cap_setuid'],
    ['newgidmap', 'cap_setgid'],
  ] as const) {
    const file = path.join(root, 'usr/bin', name);
    await chmod(file, 0o755);
    await runCommand(['setcap', `${capability}=ep`, file], { env: { PATH: '/usr/sbin:/usr/bin' } });
  }
  await cp(daemonlessScript(), path.join(root, 'usr/bin/buildctl-daemonless.sh'));
  await chmod(path.join(root, 'usr/bin/buildctl-daemonless.sh'), 0o755);
}
