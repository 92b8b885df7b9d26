import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../../processes/run-command';
import { digestIn } from '../clients/registry-client';
import { type Registry } from '../registries';
import { toolPath } from '../toolchain';

/** Direct access to the registry, with the credential that no pod gets. */
export class RegistrySide {
  private constructor(
    readonly host: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async of({ address, account }: Registry, caFile: string, directory: string): Promise<RegistrySide> {
    const { host } = new URL(address);
    const auth = account && Buffer.from(`${account.username}:${account.password}`).toString('base64');
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, 'config.json'), JSON.stringify({ auths: auth ? { [host]: { auth } } : {} }), { mode: 0o600 });
    return new RegistrySide(host, { DOCKER_CONFIG: directory, SSL_CERT_FILE: caFile });
  }

  /** Pushes an OCI image layout. */
  async push(layout: string, name: string): Promise<void> {
    await this.#crane('push', layout, `${this.host}/${name}`);
  }

  /**
   * Returns the digest of a name.
   *
   * @throws Error when the registry does not have it
   */
  async digest(name: string): Promise<string> {
    return digestIn(await this.#crane('digest', `${this.host}/${name}`));
  }

  /** Deletes the manifest of a name, and with it all its tags, if it exists. */
  async remove(name: string): Promise<void> {
    const { status, stdout, stderr } = await tryCommand([toolPath('crane'), 'digest', `${this.host}/${name}`], { env: this.environment });
    if (status === 0) {
      await this.#crane('delete', `${this.host}/${name.split(':')[0]}@${digestIn(stdout)}`);
    } else if (!/MANIFEST_UNKNOWN|NAME_UNKNOWN/.test(stderr)) {
      throw new Error(`${name}: ${stderr}`);
    }
  }

  manifest(name: string): Promise<string> {
    return this.#crane('manifest', `${this.host}/${name}`);
  }

  /** Returns the digests of the uncompressed layers of an image. */
  async contents(name: string): Promise<readonly string[]> {
    const { rootfs } = JSON.parse(await this.#crane('config', `${this.host}/${name}`)) as {
      readonly rootfs: { readonly diff_ids: readonly string[] };
    };
    return rootfs.diff_ids;
  }

  #crane(...args: string[]): Promise<string> {
    return runCommand([toolPath('crane'), ...args], { env: this.environment });
  }
}
