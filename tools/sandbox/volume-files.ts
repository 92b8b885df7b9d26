import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { formatTable } from '../processes/progress';

/** The purpose of each built-in file and of each file of the class oci, in short; docs/volumes.md has the details. */
export const PURPOSES: Readonly<Record<string, string>> = {
  'config.json': "login for each name of the Connector's host: DOCKER_CONFIG, --authfile, --registry-config",
  'context.token': 'only the token, as password with any user name',
  'ca.crt': "certificate of the proxy's CA: --ca-file, certs.d, --cert-dir",
  'ca-bundle.crt': "ca.crt after Mozilla's CAs (those of Node.js): SSL_CERT_FILE",
  'context.proxy.caCert': 'ca.crt under the name that templates use',
  'connector.status.proxyAddress': 'host of the proxy',
  'http.proxy': 'URL of the forward proxy, with the login: http_proxy',
  'https.proxy': 'the same for https targets: https_proxy',
  '.env': 'http_proxy, https_proxy and no_proxy: --env-file',
  'env.sh': 'the same for a shell that sources it',
  'ca.cert': 'older name of ca.crt',
  'truststore.p12': 'the certificates of ca-bundle.crt for Java, password changeit: javax.net.ssl.trustStore',
  'buildkitd.toml': "the Connector's host: buildkitd --config",
  'registries.conf': "the Connector's host for podman, buildah and skopeo: CONTAINERS_REGISTRIES_CONF",
};

const KIBIBYTE = 1024;

/** Returns the names of the files that a pod sees. */
export async function filesOf(volume: string): Promise<string[]> {
  return (await readdir(volume)).filter((name) => !name.startsWith('..')).sort();
}

/** Returns a table with name, size and purpose of each file that a pod sees, without the content. */
export async function tableOfFiles(volume: string): Promise<string> {
  const rows = (await filesOf(volume)).map(async (name) => {
    const { size } = await stat(path.join(volume, name));
    return [name, size < KIBIBYTE ? `${size} B` : `${Math.round(size / KIBIBYTE)} KiB`, PURPOSES[name] ?? ''];
  });
  return formatTable(['FILE', 'SIZE', 'PURPOSE'], await Promise.all(rows));
}
