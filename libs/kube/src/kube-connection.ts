import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type KubeConfig } from '@kubernetes/client-node';
import { type Clock, systemClock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { parse } from 'yaml';
import { type ApiCredential, RereadCredential, StaticCredential } from './api-credential';
import { KubeConfigError } from './kube.errors';

/** TLS material for the API server, PEM. */
export interface KubeTls {
  /** Certificates that sign the server's; the system's when absent. */
  readonly ca?: string;
  /** Client certificate and its key. */
  readonly cert?: string;
  readonly key?: Sensitive;
  /** Name to expect in the server's certificate instead of the host of the URL. */
  readonly serverName?: string;
  /** As written in the kubeconfig (`insecure-skip-tls-verify`); never set in a cluster. */
  readonly insecureSkipVerify?: boolean;
}

/** Where the API server is and who we are there. */
export interface KubeConnection {
  /** Base URL; a path is kept as a prefix. */
  readonly server: string;
  readonly tls: KubeTls;
  readonly credential: ApiCredential;
  /** Namespace of the kubeconfig's context, or of the pod. */
  readonly namespace?: string;
  /** User to act as (`as` of the kubeconfig), sent as `Impersonate-User`. */
  readonly impersonateUser?: string;
}

export interface LoadKubeConnectionOptions {
  /**
   * Path of a kubeconfig file. Without it: `$KUBECONFIG`, else `~/.kube/config`, else the ServiceAccount of the pod, as kubectl does.
   */
  readonly kubeconfig?: string;
  readonly clock?: Clock;
}

type Cluster = NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>;
type User = NonNullable<ReturnType<KubeConfig['getCurrentUser']>>;

/**
 * Finds the API server and our credential. The package that reads kubeconfig files costs half a second and 65 MB to load, so it
 * is imported here and nowhere else, and only when this is called; it is not used for any request.
 *
 * @throws KubeConfigError naming what is missing and how to mend it
 */
export async function loadKubeConnection(options: LoadKubeConnectionOptions = {}): Promise<KubeConnection> {
  const clock = options.clock ?? systemClock;
  const load = await kubeConfigLoader(options.kubeconfig);
  const config = load();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubeConfigError(
      `${options.kubeconfig ?? 'The kubeconfig'}: current-context "${config.getCurrentContext()}" names no cluster; set it with "kubectl config use-context"`,
    );
  }
  checkServer(cluster);
  const user = config.getCurrentUser() ?? undefined;
  return {
    server: cluster.server,
    tls: await readTls(cluster, user),
    credential: await credentialOf({ load, user, kubeconfig: options.kubeconfig, clock }),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace?.trim(),
    impersonateUser: user?.impersonateUser,
  };
}

/** Each call reads the files again, so that whatever client-node remembers of a refused credential is forgotten with it. */
async function kubeConfigLoader(kubeconfig: string | undefined): Promise<() => KubeConfig> {
  const { KubeConfig: Loader } = await import('./kube-config');
  return () => {
    const config = new Loader();
    try {
      if (kubeconfig === undefined) {
        config.loadFromDefault();
      } else {
        config.loadFromFile(kubeconfig);
      }
    } catch (cause) {
      throw new KubeConfigError(`${kubeconfig ?? 'The kubeconfig'} cannot be read`, { cause });
    }
    return config;
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function checkServer(cluster: Cluster): void {
  // What client-node falls back to when it finds neither a kubeconfig nor the files of a pod.
  if (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080') {
    throw new KubeConfigError('No kubeconfig and no ServiceAccount of a pod found; name a kubeconfig file');
  }
  if (!URL.canParse(cluster.server)) {
    throw new KubeConfigError(`The server "${cluster.server}" of cluster "${cluster.name}" is not a URL`);
  }
  const url = new URL(cluster.server);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) {
    throw new KubeConfigError(`The server "${cluster.server}" must be https: our token goes there (http only on this machine)`);
  }
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '') {
    throw new KubeConfigError(`Cluster "${cluster.name}" sets proxy-url, which is not supported; reach the API server directly`);
  }
}

async function readTls(cluster: Cluster, user: User | undefined): Promise<KubeTls> {
  const key = await pem(user?.keyFile, user?.keyData);
  return {
    ca: await pem(cluster.caFile, cluster.caData),
    cert: await pem(user?.certFile, user?.certData),
    key: key === undefined ? undefined : new Sensitive(key),
    serverName: cluster.tlsServerName,
    insecureSkipVerify: cluster.skipTLSVerify || undefined,
  };
}

async function pem(file: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (file) {
    try {
      return await readFile(file, 'utf8');
    } catch (cause) {
      throw new KubeConfigError(`${file}, named by the kubeconfig, cannot be read`, { cause });
    }
  }
  return data ? Buffer.from(data, 'base64').toString('utf8') : undefined;
}

interface CredentialSource {
  readonly load: () => KubeConfig;
  readonly user: User | undefined;
  readonly kubeconfig: string | undefined;
  readonly clock: Clock;
}

async function credentialOf(source: CredentialSource): Promise<ApiCredential> {
  const { user, clock } = source;
  if (user === undefined) {
    return new StaticCredential();
  }
  const tokenFile = await tokenFileOf(user, source.kubeconfig);
  if (tokenFile !== undefined) {
    return RereadCredential.tokenFile(tokenFile, clock);
  }
  if (user.token) {
    return StaticCredential.bearer(new Sensitive(user.token.trim()));
  }
  if (user.username) {
    const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    return new StaticCredential(new Sensitive(`Basic ${pair}`));
  }
  return user.exec || user.authProvider ? pluginCredential(source) : new StaticCredential();
}

/** `tokenFile` of the user entry. client-node knows it only for the ServiceAccount of a pod; in a file it looks for another name. */
async function tokenFileOf(user: User, kubeconfig: string | undefined): Promise<string | undefined> {
  const provider = user.authProvider as { config?: { tokenFile?: string } } | null | undefined;
  if (provider?.config?.tokenFile !== undefined) {
    return provider.config.tokenFile;
  }
  if (kubeconfig === undefined) {
    return undefined;
  }
  const file = parse(await readFile(kubeconfig, 'utf8')) as { users?: { name: string; user?: { tokenFile?: string } }[] };
  const named = file.users?.find((entry) => entry.name === user.name)?.user?.tokenFile;
  return named === undefined ? undefined : resolve(dirname(kubeconfig), named);
}

/** Exec plugins and the old auth providers, left to client-node. Their answer is used for a minute; after a 401 they start anew. */
function pluginCredential(source: CredentialSource): ApiCredential {
  let config = source.load();
  return new RereadCredential(async (afterRefusal) => {
    if (afterRefusal) {
      config = source.load();
    }
    return runPlugin(config);
  }, source.clock);
}

async function runPlugin(config: KubeConfig): Promise<Sensitive | undefined> {
  const options: { headers: Record<string, string>; cert?: unknown } = { headers: {} };
  // Its agent is not wanted, only the header; making one fails for a server that speaks plain http.
  Object.assign(config, { createAgent: () => undefined });
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const header = options.headers['Authorization'];
  // A file's certificate comes as a Buffer, a plugin's as a string. Ours is loaded once, so a plugin's would expire unnoticed.
  if (header === undefined && typeof options.cert === 'string') {
    throw new KubeConfigError('The exec plugin gives a client certificate, which is not supported; use one that gives a token');
  }
  return header === undefined ? undefined : new Sensitive(header);
}
