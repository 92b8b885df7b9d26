import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';

/** The parts of an image's configuration that the checks read; see the OCI image specification. */
export interface ImageConfig {
  readonly architecture: string;
  readonly created: string;
  readonly config: {
    readonly User?: string;
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
    readonly Env?: readonly string[];
    readonly StopSignal?: string;
    readonly Healthcheck?: object;
    readonly Labels?: Readonly<Record<string, string>>;
  };
}

/** An image in the registry, unpacked. */
export interface ImageView {
  readonly config: ImageConfig;
  /** Its root file system. */
  readonly root: string;
}

/** Fetches an image for a platform. */
export async function fetchImage(reference: string, platform: string, directory: string): Promise<ImageView> {
  const crane = (...args: string[]): Promise<string> => runCommand([toolPath('crane'), ...args, '--platform', platform], { env: {} });
  const root = path.join(directory, 'root');
  await mkdir(root, { recursive: true });
  const config = JSON.parse(await crane('config', reference)) as ImageConfig;
  const tar = path.join(directory, 'root.tar');
  await crane('export', reference, tar);
  await runCommand(['tar', '-C', root, '-xpf', tar]);
  return { config, root };
}
