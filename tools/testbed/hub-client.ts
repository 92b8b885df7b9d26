import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand, type CommandResult } from '../processes/run-command';
import { type Account } from './docker-token-server';
import { toolPath } from './toolchain';

/** The account with which crane logs in to a host. */
export interface HubLogin {
  readonly host: string;
  readonly login: Account;
}

/** Runs crane, with one login for each call. */
export class HubClient {
  /** @param directory for its configurations and pulled images */
  constructor(
    private readonly directory: string,
    private readonly caFile: string,
  ) {}

  async push(layout: string, reference: string, login: HubLogin): Promise<void> {
    const { status, stderr } = await this.#run(['push', layout, reference], login);
    if (status !== 0) {
      throw new Error(`crane push ${reference}: ${stderr}`);
    }
  }

  /**
   * Pulls an image with all blobs.
   *
   * @throws Error when the digest of the image, or of a blob, is wrong
   */
  async pull(reference: string, digest: string, login: HubLogin): Promise<void> {
    const layout = path.join(await mkdtemp(path.join(this.directory, 'pulled-')), 'layout');
    const { status, stderr } = await this.#run(['pull', '--format=oci', reference, layout], login);
    if (status !== 0) {
      throw new Error(`crane pull ${reference}: ${stderr}`);
    }
    if (!(await readFile(path.join(layout, 'index.json'), 'utf8')).includes(digest)) {
      throw new Error(`${reference} does not have the digest ${digest}`);
    }
    const blobs = path.join(layout, 'blobs', 'sha256');
    for (const name of await readdir(blobs)) {
      const actual = createHash('sha256')
        .update(await readFile(path.join(blobs, name)))
        .digest('hex');
      if (actual !== name) {
        throw new Error(`${reference}: blob ${name} has digest ${actual}`);
      }
    }
  }

  /** Checks that a push is refused with DENIED. */
  async refusedPush(layout: string, reference: string, login: HubLogin): Promise<void> {
    const { status, stderr } = await this.#run(['push', layout, reference], login);
    if (status === 0) {
      throw new Error(`the push of ${reference} was not refused`);
    }
    if (!stderr.includes('DENIED')) {
      throw new Error(`the push was refused, but not with DENIED: ${stderr}`);
    }
  }

  async #run(args: readonly string[], { host, login }: HubLogin): Promise<CommandResult> {
    const configuration = path.join(this.directory, `login-${host.replaceAll(/[^a-z0-9]/g, '-')}`);
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    await mkdir(configuration, { recursive: true });
    await writeFile(path.join(configuration, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
    const env = { DOCKER_CONFIG: configuration, SSL_CERT_FILE: this.caFile, HOME: this.directory, PATH: '/usr/bin:/bin' };
    return tryCommand([toolPath('crane'), ...args], { env });
  }
}
