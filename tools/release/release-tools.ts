import { existsSync } from 'node:fs';
import { tryCommand } from '../processes/run-command';
import { toolPath } from '../testbed/toolchain';

/** The programs with which a release is made. */
export interface Tools {
  readonly helm: string;
  readonly buildah: string;
  readonly oras: string;
  readonly cosign: string;
}

const HOMES: Readonly<Record<keyof Tools, string>> = {
  helm: 'put helm 3 into the PATH, or run: npm run testbed -- install',
  buildah: 'install it: https://buildah.io',
  oras: 'put oras into the PATH (https://oras.land), or run: npm run testbed -- install',
  cosign: 'put cosign 3 into the PATH (https://docs.sigstore.dev), or run: npm run testbed -- install',
};

/** Finds programs: that of the testbed, which has the tested version, or that in the PATH. @throws Error that names those that are missing */
export async function findTools(names: readonly (keyof Tools)[]): Promise<Tools> {
  const places: Record<keyof Tools, string> = { helm: 'helm', buildah: 'buildah', oras: 'oras', cosign: 'cosign' };
  const problems: string[] = [];
  for (const name of names) {
    if (existsSync(toolPath(name))) {
      places[name] = toolPath(name);
    } else if ((await tryCommand([name, 'version']).catch(() => undefined))?.status !== 0) {
      problems.push(`there is no ${name}; ${HOMES[name]}`);
    }
  }
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  return places;
}
