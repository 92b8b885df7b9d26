import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatTable } from '../processes/progress';

/** What the files of the sample's volume are for, in short; docs/volumes.md says it at length. */
export const PURPOSES: Readonly<Record<string, string>> = {
  'config.json': "login for each name of the Connector's host: DOCKER_CONFIG, --authfile, --registry-config",
  'context.token': 'the token alone, for clients that take a password; any user name',
  'ca.crt': "certificate of the proxy's CA: --ca-file, certs.d, --cert-dir",
  'ca-bundle.crt': "ca.crt after Mozilla's CAs (those of Node.js): SSL_CERT_FILE",
  'context.proxy.caCert': 'ca.crt under the name that templates have for it',
  'connector.status.proxyAddress': 'host of the proxy',
  'http.proxy': 'for the forward proxy of a later version: its URL with the login',
  'https.proxy': 'for the forward proxy: as http.proxy, for https targets',
  '.env': 'for the forward proxy: http_proxy, https_proxy, no_proxy (--env-file)',
  'env.sh': 'for the forward proxy: as .env, for a shell that sources it',
};

const KIBIBYTE = 1024;

/** Name, size and purpose of each file that a pod would see. Nothing of what is in them. */
export async function tableOfFiles(volume: string): Promise<string> {
  const names = (await readdir(volume)).filter((name) => !name.startsWith('..')).sort();
  const rows = names.map(async (name) => {
    const { size } = await stat(path.join(volume, name));
    return [name, size < KIBIBYTE ? `${size} B` : `${Math.round(size / KIBIBYTE)} KiB`, PURPOSES[name] ?? ''];
  });
  return formatTable(['FILE', 'SIZE', 'WHAT IT IS FOR'], await Promise.all(rows));
}
