import { trustedCertificates, type TrustedCertificates } from './certificates';
import { envScript } from './env-script';
import { forwardProxy, forwardProxyUrl, type ForwardProxy } from './forward-proxy';
import { proxyAddress } from './proxy-hosts';
import { type FileContent, type VolumeRequest } from './volume-request';

interface BuiltInContent {
  /** The URL of the forward proxy, with user name and token. */
  readonly proxyUrl: string;
  readonly proxy: ForwardProxy;
  /** HOST or HOST:PORT of the first Connector's http address. */
  readonly proxyAddress: string;
  readonly token: string;
  readonly certificates: TrustedCertificates;
}

type BuiltInFile = (content: BuiltInContent) => FileContent;

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
  'context.proxy.caCert': ({ certificates }) => certificates.proxy,
  'ca.crt': ({ certificates }) => certificates.proxy,
  'ca-bundle.crt': ({ certificates }) => certificates.bundle,
  'connector.status.proxyAddress': (content) => content.proxyAddress,
} satisfies Record<string, BuiltInFile>;

/** Names of the files that every volume has unless the volume excludes them. */
export const BUILT_IN_FILES: readonly string[] = Object.keys(FILES);

interface RequestedFile {
  readonly file: string;
  readonly write: BuiltInFile;
}

/** The files that a volume has only if `configuration.names` contains the name. These names are no configurations. */
export const REQUESTED_FILES: ReadonlyMap<string, RequestedFile> = new Map<string, RequestedFile>([
  // docker treats every *.cert in the directory of a registry as a client certificate, and fails without its key.
  ['ca.cert', { file: 'ca.cert', write: ({ certificates }) => certificates.proxy }],
  // Only programs in Java need it, and it has the size of the bundle.
  ['truststore', { file: 'truststore.p12', write: ({ certificates }) => certificates.trustStore }],
]);

/**
 * Returns the built-in files of the volume, by name.
 *
 * @throws RenderingError when a Connector has no usable address, or a parameter of the forward proxy is not valid
 */
export function builtInFiles(request: VolumeRequest): Map<string, FileContent> {
  const { connectors, token, environment, caCertificates, configurationNames } = request;
  const proxy = forwardProxy(request);
  const [address = ''] = connectors.map(({ connector }) => proxyAddress(connector));
  const content: BuiltInContent = {
    proxy,
    proxyUrl: forwardProxyUrl(proxy, token),
    proxyAddress: address,
    token: token.reveal(),
    certificates: trustedCertificates(environment, caCertificates),
  };
  const files = new Map<string, FileContent>(Object.entries(FILES).map(([name, write]) => [name, write(content)]));
  for (const { file, write } of configurationNames.flatMap((name) => REQUESTED_FILES.get(name) ?? [])) {
    files.set(file, write(content));
  }
  return files;
}
