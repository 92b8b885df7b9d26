import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessGroup } from '../../processes/process-group';
import { runCommand, tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, type ClientSession, type Outcome, type RegistryClient } from './registry-client';

export interface BuildkitOptions {
  readonly directory: string;
  /** File with its configuration, which has a section for each host. */
  readonly config?: string;
  /** Further environment variables. buildkitd, not buildctl, connects to registries. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Starts a buildkitd with its own root and socket.
 *
 * @returns the address of the socket
 */
export async function startBuildkit(group: ProcessGroup, { directory, config, variables }: BuildkitOptions): Promise<string> {
  await mkdir(directory, { recursive: true });
  const address = `unix://${path.join(directory, 'buildkitd.sock')}`;
  await group.start({
    name: path.basename(directory),
    command: [
      toolPath('buildkitd'),
      ...(config ? [`--config=${config}`] : []),
      `--root=${path.join(directory, 'root')}`,
      `--addr=${address}`,
      '--containerd-worker=false',
      '--oci-worker-snapshotter=native',
    ],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: directory,
      XDG_RUNTIME_DIR: directory,
      ...variables,
    },
    ready: async () => (await tryCommand([toolPath('buildctl'), '--addr', address, 'debug', 'workers'])).status === 0,
  });
  return address;
}

/** The builder BuildKit. It pushes what it built, and pulls the base of what it builds. */
export function buildkitClient(address: string): RegistryClient {
  const run = (session: ClientSession, ...args: string[]): Promise<string> =>
    runCommand(['sh', '-c', 'exec "$@" 2>&1', 'buildctl', toolPath('buildctl'), '--addr', address, ...args], {
      env: clientEnvironment(session),
    });
  const build = async (session: ClientSession, dockerfile: string, ...options: string[]): Promise<string> => {
    const context = path.join(session.directory, 'context');
    await mkdir(context, { recursive: true });
    await writeFile(path.join(context, 'Dockerfile'), dockerfile);
    await cp(session.content.file, path.join(context, 'file'));
    const local = [`--local=context=${context}`, `--local=dockerfile=${context}`];
    return run(session, 'build', '--progress=plain', '--frontend=dockerfile.v0', ...local, ...options);
  };
  const buildAndPush = async (session: ClientSession, name: string, ...options: string[]): Promise<{ digest: string }> => {
    const metadata = path.join(session.directory, 'metadata');
    await build(
      session,
      'FROM scratch\nCOPY file /\n',
      `--output=type=image,name=${name},push=true`,
      `--metadata-file=${metadata}`,
      ...options,
    );
    const { 'containerimage.digest': digest = '' } = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>;
    return { digest: digestIn(digest) };
  };
  const pull = async (session: ClientSession, reference: string): Promise<Outcome> => {
    // Without this, the layers are already here, because this client pushed them.
    await run(session, 'prune', '--all');
    const result = path.join(session.directory, 'result.tar');
    const progress = await build(session, `FROM ${reference}\nCOPY Dockerfile /\n`, `--output=type=tar,dest=${result}`);
    const [base = ''] = progress.split('\n').filter((line) => line.includes(`FROM ${reference.split(/@|:v1$/)[0]}`));
    return { digest: digestIn(base) };
  };
  /** Digests that this client pushed, by repository. */
  const pushed = new Map<string, string>();
  return {
    name: 'buildkit',
    operations: {
      push: async (session) => {
        const { digest } = await buildAndPush(session, `${session.repository}:v1`);
        pushed.set(session.repository, digest);
        return { digest };
      },
      'pull by tag': (session) => pull(session, `${session.repository}:v1`),
      'pull by digest': (session) => pull(session, `${session.repository}@${pushed.get(session.repository) ?? ''}`),
      'copy multi-arch': (session) => buildAndPush(session, `${session.repository}-copy:multi`, '--opt=platform=linux/amd64,linux/arm64'),
    },
  };
}
