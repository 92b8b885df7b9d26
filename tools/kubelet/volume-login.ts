import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Sensitive } from '@oci-connector/sensitive';

/** User name and password of a login. */
export interface Login {
  readonly username: string;
  readonly password: Sensitive;
}

/**
 * Reads the login for a host from a volume's `config.json`, as clients do at the start of a command.
 *
 * @throws Error when the file contains no login for the host
 */
export async function readLogin(volume: string, host: string): Promise<Login> {
  const text = await readFile(path.join(volume, 'config.json'), 'utf8');
  const { auths } = JSON.parse(text) as { auths?: Readonly<Record<string, { readonly auth?: string }>> };
  const login = Buffer.from(auths?.[host]?.auth ?? '', 'base64').toString('utf8');
  const colon = login.indexOf(':');
  if (colon < 0) {
    throw new Error(`config.json has no login for ${host}, only for ${Object.keys(auths ?? {}).join(', ')}`);
  }
  return { username: login.slice(0, colon), password: new Sensitive(login.slice(colon + 1)) };
}
