import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '@oci-connector/clock';
import { basicAuthorization } from '@oci-connector/http';
import { Sensitive } from '@oci-connector/sensitive';
import { type ApiCredential, RereadCredential, StaticCredential } from './api-credential';
import { execCredential } from './exec-credential';
import { KubeConfigError } from './kube.errors';
import { type CurrentContext, type KubeconfigCluster, type KubeconfigUser, readKubeconfig } from './kubeconfig';
import { kubernetesEnvironment } from './kubernetes.config';

/** TLS settings for the API server. Certificates and keys are PEM. */
export interface KubeTls {
  /** The CA certificates for the server's certificate. Default: those of the system. */
  readonly ca?: string;
  /** The client certificate; `key` is its private key. */
  readonly cert?: string;
  readonly key?: Sensitive;
  /** The name to expect in the server's certificate instead of the host of the URL. */
  readonly serverName?: string;
  /** As written in the kubeconfig (`insecure-skip-tls-verify`); never set in a cluster. */
  readonly insecureSkipVerify?: boolean;
}

/** The address of the API server and our credential for it. */
export interface KubeConnection {
  /** The base URL. Its path is a prefix of all request paths. */
  readonly server: string;
  readonly tls: KubeTls;
  readonly credential: ApiCredential;
  /** The namespace of the kubeconfig's context, or of the pod. */
  readonly namespace?: string;
  /** The user to impersonate. */
  readonly impersonate?: Impersonation;
}

/** `as`, `as-uid`, `as-groups` and `as-user-extra` of a kubeconfig, sent as `Impersonate-…`. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface LoadKubeConnectionOptions {
  /**
   * The path of a kubeconfig file. Default, as in kubectl: `$KUBECONFIG`, else `~/.kube/config`, else the ServiceAccount of the pod.
   */
  readonly kubeconfig?: string;
  /** The context of the kubeconfig. Default: its `current-context`. */
  readonly context?: string;
  /** The directory with the ServiceAccount's token, CA and namespace, which the kubelet writes. For tests. */
  readonly serviceAccountDirectory?: string;
  readonly clock?: Clock;
}

/** Exists in every pod that does not disable `automountServiceAccountToken`. */
const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the API server and our credential by the rules of client-go (tools/clientcmd and rest), so that a kubeconfig has the same meaning
 * as for kubectl. A setting that is not supported is an error and never ignored.
 *
 * @throws KubeConfigError when the configuration cannot be used; it names the field and the fix
 */
export async function loadKubeConnection(options: LoadKubeConnectionOptions = {}): Promise<KubeConnection> {
  const { kubeconfig, context: wanted, clock = systemClock } = options;
  const files = kubeconfig === undefined ? defaultFiles() : [kubeconfig];
  const context = await readKubeconfig(files, { required: kubeconfig !== undefined, context: wanted });
  return context ? connectionOf(context, clock) : podConnection(options.serviceAccountDirectory ?? SERVICE_ACCOUNT_DIRECTORY, clock);
}

function defaultFiles(): string[] {
  const named = filesInEnvironment();
  return named.length > 0 ? named : [join(kubernetesEnvironment.home, '.kube', 'config')];
}

function filesInEnvironment(): string[] {
  return kubernetesEnvironment.kubeconfig.split(delimiter).filter((file) => file !== '');
}

async function connectionOf({ cluster, user, namespace }: CurrentContext, clock: Clock): Promise<KubeConnection> {
  if (user) {
    checkUser(user);
  }
  return {
    server: checkedServer(cluster),
    tls: await readTls(cluster, user),
    credential: user ? await credentialOf(user, clock) : new StaticCredential(),
    namespace,
    ...(user?.as !== undefined && {
      impersonate: { user: user.as, uid: user['as-uid'], groups: user['as-groups'], extra: user['as-user-extra'] },
    }),
  };
}

/** Returns the connection with the ServiceAccount of the pod. */
async function podConnection(directory: string, clock: Clock): Promise<KubeConnection> {
  const { serviceHost, servicePort } = kubernetesEnvironment;
  if (!serviceHost || !servicePort) {
    const files = filesInEnvironment();
    const remedy =
      files.length === 0
        ? 'set KUBECONFIG to the path of a kubeconfig file'
        : `correct KUBECONFIG, whose files do not exist or are empty: ${files.join(', ')}`;
    throw new KubeConfigError(`No kubeconfig and no ServiceAccount of a pod found; ${remedy}`);
  }
  const host = serviceHost.includes(':') ? `[${serviceHost}]` : serviceHost;
  return {
    server: `https://${host}:${servicePort}`,
    tls: { ca: await readNamed(join(directory, 'ca.crt')) },
    credential: await tokenFileCredential(join(directory, 'token'), undefined, clock),
    namespace: (await readNamed(join(directory, 'namespace'))).trim(),
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function checkedServer({ name, server, 'proxy-url': proxyUrl }: KubeconfigCluster): string {
  const cluster = `cluster ${JSON.stringify(name)}`;
  if (server === undefined) {
    throw new KubeConfigError(`The kubeconfig's ${cluster} has no server; set it`);
  }
  if (!URL.canParse(server)) {
    throw new KubeConfigError(`The server ${JSON.stringify(server)} of ${cluster} is not a URL`);
  }
  const url = new URL(server);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname))) {
    throw new KubeConfigError(`The server ${JSON.stringify(server)} must be https: our token goes there (http only on this machine)`);
  }
  if (proxyUrl !== undefined) {
    throw new KubeConfigError(`The kubeconfig's ${cluster} sets proxy-url, which is not supported; reach the API server directly`);
  }
  return server;
}

/** @throws KubeConfigError for users that client-go refuses (validation.go, transport/round_trippers.go) or that we do not support */
function checkUser(user: KubeconfigUser): void {
  const refuse = (problem: string): never => {
    throw new KubeConfigError(`The kubeconfig's user ${JSON.stringify(user.name)} ${problem}`);
  };
  const hasBasic = user.username !== undefined || user.password !== undefined;
  const hasToken = user.token !== undefined || user.tokenFile !== undefined;
  if (user['auth-provider']) {
    refuse('has an auth-provider, which is not supported; use exec, tokenFile or token');
  }
  if (hasBasic && hasToken) {
    refuse('has both a token and a username or password; only one of them may be set');
  }
  const alike = user['as-uid'] ?? user['as-groups'] ?? user['as-user-extra'];
  if (alike !== undefined && user.as === undefined) {
    refuse('has as-uid, as-groups or as-user-extra without "as", the user to act as');
  }
}

async function readTls(cluster: KubeconfigCluster, user: KubeconfigUser | undefined): Promise<KubeTls> {
  const ca = await pem(cluster, 'certificate-authority', `cluster ${JSON.stringify(cluster.name)}`);
  const insecureSkipVerify = cluster['insecure-skip-tls-verify'] || undefined;
  if (ca !== undefined && insecureSkipVerify) {
    throw new KubeConfigError(
      `The kubeconfig's cluster ${JSON.stringify(cluster.name)} has both a certificate authority and insecure-skip-tls-verify; remove one`,
    );
  }
  return { ca, ...(user && (await clientCertificate(user))), serverName: cluster['tls-server-name'], insecureSkipVerify };
}

async function clientCertificate(user: KubeconfigUser): Promise<Pick<KubeTls, 'cert' | 'key'>> {
  const name = `user ${JSON.stringify(user.name)}`;
  const cert = await pem(user, 'client-certificate', name);
  // As in client-go: a key without a certificate is ignored.
  if (cert === undefined) {
    return {};
  }
  const key = await pem(user, 'client-key', name);
  if (key === undefined) {
    throw new KubeConfigError(`The kubeconfig's ${name} has a client certificate without its key; set client-key or client-key-data`);
  }
  return { cert, key: new Sensitive(key) };
}

/** Reads the PEM in `FIELD-data`, or in the file that FIELD names. */
async function pem<F extends string>(
  entry: { readonly [K in F | `${F}-data`]?: string },
  field: F,
  where: string,
): Promise<string | undefined> {
  const [file, data] = [entry[field], entry[`${field}-data`]];
  if (file !== undefined && data !== undefined) {
    throw new KubeConfigError(`The kubeconfig's ${where} has both ${field} and ${field}-data; remove one`);
  }
  if (file !== undefined) {
    return readNamed(file);
  }
  if (data === undefined) {
    return undefined;
  }
  const text = Buffer.from(data, 'base64').toString('utf8');
  if (!text.includes('-----BEGIN ')) {
    throw new KubeConfigError(`The kubeconfig's ${where}: ${field}-data is not PEM in base64`);
  }
  return text;
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new KubeConfigError(`${file}, named by the kubeconfig or expected in a pod, cannot be read`, { cause });
  }
}

/** Returns the credential by client-go's priority: the token file, the token, the user name and password, the exec plugin. */
async function credentialOf(user: KubeconfigUser, clock: Clock): Promise<ApiCredential> {
  const token = user.token === undefined ? undefined : new Sensitive(user.token.trim());
  if (user.tokenFile !== undefined) {
    return tokenFileCredential(user.tokenFile, token, clock);
  }
  if (token) {
    return StaticCredential.bearer(token);
  }
  if (user.username !== undefined || user.password !== undefined) {
    return new StaticCredential(basicAuthorization({ username: user.username ?? '', password: new Sensitive(user.password ?? '') }));
  }
  return user.exec ? execCredential(user.exec, `The kubeconfig's user ${JSON.stringify(user.name)}`, clock) : new StaticCredential();
}

/** A file that cannot be read is an error at the start, unless there is a token to start with. */
async function tokenFileCredential(file: string, token: Sensitive | undefined, clock: Clock): Promise<ApiCredential> {
  if (!token) {
    await readNamed(file);
  }
  return RereadCredential.tokenFile(file, clock, token);
}
