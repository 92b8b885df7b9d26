import { defaultOf } from '../images/base-programs';
import { runCommand } from '../processes/run-command';
import { type ReleaseLine } from './command-line.mjs';
import { type Tools } from './release-tools';

/** The build arguments of deploy/Dockerfile that name base images. */
export interface Bases {
  readonly NODE_IMAGE: string;
  readonly BUSYBOX_IMAGE: string;
}

/** Names the base images by their digests, so that the release can be made again after their tags have moved. */
export async function pinBases(line: ReleaseLine, { oras }: Tools): Promise<Bases> {
  const [registryHost = ''] = (line.registry ?? '').split('/');
  const pin = async (image: string): Promise<string> => {
    if (image.includes('@')) {
      return image;
    }
    const plain = line.plainHttp && image.startsWith(`${registryHost}/`) ? ['--plain-http'] : [];
    const digest = await runCommand([oras, 'resolve', ...plain, image]);
    return `${image.replace(/:[^:/]*$/, '')}@${digest.trim()}`;
  };
  return {
    NODE_IMAGE: await pin(line.nodeImage ?? (await defaultOf('NODE_IMAGE'))),
    BUSYBOX_IMAGE: await pin(line.busyboxImage ?? (await defaultOf('BUSYBOX_IMAGE'))),
  };
}
