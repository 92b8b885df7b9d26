import { isDockerHubName } from '@oci-connector/connector-api';
import { checkBasicAuth, type UsernameAndPassword } from './basic-auth';
import { CredentialError } from './credential.errors';
import { describeSecret, type SecretObject } from './secret-object';
import { decodeBase64, decodeUtf8, readSecretText } from './secret-value';

const KEY = '.dockerconfigjson';

/** An entry has a few hundred characters; parsing what etcd would hold at most stops everybody's requests for a tenth of a second. In characters. */
const MAX_LENGTH = 256 * 1024;

export interface DockerConfigCredential extends UsernameAndPassword {
  identityToken?: string;
}

/** The registry to look up. */
export interface RegistryName {
  /** Host name or address; an IPv6 address without brackets. */
  host: string;
  /** Absent: the scheme's default port. */
  port?: number;
}

/**
 * The entry for a registry in a Secret of type `kubernetes.io/dockerconfigjson`. Keys are read as the docker client
 * reads them (docker/cli, credentials/file_store.go): a URL counts as its host. The port has to match; a key without
 * one means the default ports. Docker Hub's names stand for each other.
 *
 * @throws CredentialError SecretKeyMissing | SecretInvalid | DockerConfigHostMissing
 */
export function readDockerConfigJson(secret: SecretObject, registry: RegistryName): DockerConfigCredential {
  const auths = readAuths(secret);
  const key = findKey(Object.keys(auths), registry);
  if (key === undefined) {
    throw new CredentialError(
      'DockerConfigHostMissing',
      `${describeSecret(secret)}: key "${KEY}" holds no entry for the registry ${formatRegistry(registry)}; add auths["${formatRegistry(registry)}"]`,
    );
  }
  return readEntry(secret, key, auths[key]);
}

function readAuths(secret: SecretObject): Record<string, unknown> {
  const text = readSecretText(secret, KEY);
  if (text.length > MAX_LENGTH) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: key "${KEY}" has more than ${MAX_LENGTH} characters; keep only the registry's entry`);
  }
  const config = parseJson(text);
  if (!isRecord(config) || !isRecord(config['auths'])) {
    throw new CredentialError(
      'SecretInvalid',
      `${describeSecret(secret)}: key "${KEY}" is not a docker configuration; expected JSON like {"auths": {"HOST": {"auth": …}}}`,
    );
  }
  return config['auths'];
}

/** The value, or undefined when the text is not JSON. The parser's own message is dropped: it quotes the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function findKey(keys: readonly string[], registry: RegistryName): string | undefined {
  const wanted = formatRegistry(registry);
  // The key as written first, so that an exact entry wins over a URL of the same host.
  if (keys.includes(wanted)) return wanted;
  const sameHost = keys.find((key) => hostOfKey(key) === wanted);
  if (sameHost !== undefined || !isDockerHubName(wanted)) return sameHost;
  return keys.find((key) => isDockerHubName(hostOfKey(key) ?? ''));
}

/** The host of a key with any port that is no default. Undefined when the path names a repository: such an entry is for that one only. */
function hostOfKey(key: string): string | undefined {
  const parts = /^(?:https?:\/\/)?([^/]+)(\/.*)?$/i.exec(key.trim());
  const [, authority = '', path = ''] = parts ?? [];
  if (parts === null || !/^(?:\/v[12])?\/?$/.test(path)) return undefined;
  return authority.toLowerCase().replace(/:(?:443|80)$/, '');
}

function formatRegistry({ host, port }: RegistryName): string {
  const name = (host.includes(':') ? `[${host}]` : host).toLowerCase();
  return port === undefined || port === 443 || port === 80 ? name : `${name}:${port}`;
}

function readEntry(secret: SecretObject, key: string, entry: unknown): DockerConfigCredential {
  const place = `key "${KEY}", auths[${JSON.stringify(key)}]`;
  if (!isRecord(entry)) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${place} is not an object`);
  }
  const text = (field: string): string => (typeof entry[field] === 'string' ? entry[field] : '');
  const identityToken = text('identitytoken');
  const values =
    text('auth') === ''
      ? { username: text('username'), password: text('password') }
      : decodeAuth(secret, place, text('auth'));
  checkBasicAuth(secret, values, { username: `${place}.username`, password: `${place}.password` });
  // With an identity token the password is not used; docker login leaves it empty then.
  if (identityToken === '' && (values.username === '' || values.password === '')) {
    throw new CredentialError(
      'SecretKeyMissing',
      `${describeSecret(secret)}: ${place} holds neither "auth" nor "username" and "password"; set one of them`,
    );
  }
  return identityToken === '' ? values : { ...values, identityToken };
}

/** `auth` is base64 of `user:password`. */
function decodeAuth(secret: SecretObject, place: string, auth: string): UsernameAndPassword {
  const bytes = decodeBase64(auth);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${place}.auth is not base64 of "user:password"`);
  }
  return { username: text.slice(0, colon), password: withoutPadding(text.slice(colon + 1)) };
}

/**
 * docker pads short values with NUL (docker/cli, config/configfile/file.go, decodeAuth). By hand, because `/\0+$/` takes quadratic
 * time over padding that is not at the end, and whoever writes the Secret would hold up everybody.
 */
function withoutPadding(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\0') end -= 1;
  return text.slice(0, end);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
