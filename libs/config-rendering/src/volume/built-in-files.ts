import { certificateBundle } from './certificates';
import { envScript } from './env-script';
import { forwardProxy, forwardProxyUrl, type ForwardProxy } from './forward-proxy';
import { CA_CERT_FILE } from './select-configurations';
import { type VolumeRequest } from './volume-request';

interface BuiltInContent {
  /** The URL of the forward proxy, with user name and token. */
  readonly proxyUrl: string;
  readonly proxy: ForwardProxy;
  readonly token: string;
  readonly certificates: string;
  readonly bundle: string;
}

/**
 * The files of every volume, as docs/volumes.md ("Files of every volume") describes them. A file with a single value has no
 * line break at the end, because programs use its content unchanged.
 */
const FILES = {
  // KEY=VALUE without quotes and `export`, because `docker run --env-file` reads it.
  '.env': ({ proxyUrl, proxy }) => `http_proxy=${proxyUrl}\nhttps_proxy=${proxyUrl}\nno_proxy=${proxy.noProxy}\n`,
  'env.sh': ({ proxy }) => envScript(proxy),
  'http.proxy': ({ proxyUrl }) => proxyUrl,
  'https.proxy': ({ proxyUrl }) => proxyUrl,
  'context.token': ({ token }) => token,
  'context.proxy.caCert': ({ certificates }) => certificates,
  'ca.crt': ({ certificates }) => certificates,
  'ca-bundle.crt': ({ bundle }) => bundle,
  'connector.status.proxyAddress': ({ proxy }) => proxy.address,
} satisfies Record<string, (content: BuiltInContent) => string>;

/** Names of the files that every volume has unless the volume excludes them. */
export const BUILT_IN_FILES: readonly string[] = Object.keys(FILES);

/**
 * Returns the built-in files of the volume, by name.
 *
 * @throws RenderingError when a Connector has no usable address
 */
export function builtInFiles(request: VolumeRequest): Map<string, string> {
  const proxy = forwardProxy(request);
  const content: BuiltInContent = {
    proxy,
    proxyUrl: forwardProxyUrl(proxy, request.token),
    token: request.token.reveal(),
    certificates: request.caCertificates,
    bundle: certificateBundle(request.environment, request.caCertificates),
  };
  const files = new Map(Object.entries(FILES).map(([name, write]) => [name, write(content)]));
  // Only on demand: docker treats every *.cert in the directory of a registry as a client certificate, and fails without its key.
  if (request.configurationNames.includes(CA_CERT_FILE)) {
    files.set(CA_CERT_FILE, content.certificates);
  }
  return files;
}
