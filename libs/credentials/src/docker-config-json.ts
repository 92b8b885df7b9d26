import { isJsonObject, type JsonObject, parseJsonObject } from '@oci-connector/http';
import { quoted } from '@oci-connector/sensitive';
import { checkBasicAuth, type UsernameAndPassword } from './basic-auth';
import { CredentialError } from './credential.errors';
import { authorityOf, findDockerConfigKey, keysOfOtherPaths, type RegistryName } from './docker-config-keys';
import { describeSecret, type SecretObject } from './secret-object';
import { decodeUtf8, readSecretText } from './secret-value';

const KEY = '.dockerconfigjson';

/** An entry has a few hundred characters. Parsing the most that etcd can store would block all requests for a tenth of a second. In characters. */
const MAX_LENGTH = 256 * 1024;

export interface DockerConfigCredential extends UsernameAndPassword {
  identityToken?: string;
}

/**
 * Reads the entry for a registry from a Secret of type `kubernetes.io/dockerconfigjson`, as the kubelet reads an imagePullSecret
 * (kubernetes, pkg/credentialprovider/config.go and keyring.go) and, for `identitytoken`, as the docker client does.
 *
 * @throws CredentialError `SecretKeyMissing`, `SecretInvalid` or `DockerConfigHostMissing`
 */
export function readDockerConfigJson(secret: SecretObject, registry: RegistryName): DockerConfigCredential {
  const auths = readAuths(secret);
  const key = findDockerConfigKey(Object.keys(auths), registry);
  if (key === undefined) {
    throw new CredentialError('DockerConfigHostMissing', `${describeSecret(secret)}: ${describeMissing(Object.keys(auths), registry)}`);
  }
  return readEntry(secret, key, auths[key]);
}

function describeMissing(keys: readonly string[], registry: RegistryName): string {
  const name = [authorityOf(registry), ...(registry.pathPrefix ? [registry.pathPrefix] : [])].join('/');
  const missing = `key "${KEY}" contains no entry for the registry ${name}; add auths["${authorityOf(registry)}"]`;
  return keysOfOtherPaths(keys, registry).length === 0
    ? missing
    : `${missing}, because its entries with a path count only for a Connector whose spec.address begins with that path`;
}

function readAuths(secret: SecretObject): Record<string, unknown> {
  const text = readSecretText(secret, KEY);
  if (text.length > MAX_LENGTH) {
    throw new CredentialError(
      'SecretInvalid',
      `${describeSecret(secret)}: key "${KEY}" has more than ${MAX_LENGTH} characters; keep only the registry's entry`,
    );
  }
  const config = parseJsonObject(text);
  const auths = config ? fieldsNamed(config, 'auths') : [];
  if (auths.length === 0 || !auths.every(isJsonObject)) {
    throw new CredentialError(
      'SecretInvalid',
      `${describeSecret(secret)}: key "${KEY}" is not a docker configuration; expected JSON like {"auths": {"HOST": {"auth": …}}}`,
    );
  }
  // Go decodes several `auths` into one map.
  return Object.fromEntries(auths.flatMap((map) => Object.entries(map)));
}

function readEntry(secret: SecretObject, key: string, entry: unknown): DockerConfigCredential {
  const place = `key "${KEY}", auths[${quoted(key)}]`;
  if (!isJsonObject(entry)) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${place} is not an object`);
  }
  const text = (field: string): string => readText(secret, place, { entry, field });
  const [auth, identityToken, plain] = [text('auth'), text('identitytoken'), { username: text('username'), password: text('password') }];
  const values = auth === '' ? plain : decodeAuth(secret, place, auth);
  checkBasicAuth(secret, values, { username: `${place}.username`, password: `${place}.password` });
  // With an identity token the password is not used, and docker login leaves it empty.
  if (identityToken === '' && (values.username === '' || values.password === '')) {
    const problem =
      auth === ''
        ? 'contains neither "auth" nor "username" and "password"; set one of them'
        : 'has an "auth" without user name or password; set both';
    throw new CredentialError('SecretKeyMissing', `${describeSecret(secret)}: ${place} ${problem}`);
  }
  return identityToken === '' ? values : { ...values, identityToken };
}

/** Returns the last field of that name in any case; an empty string when it is null or absent. */
function readText(secret: SecretObject, place: string, { entry, field }: { entry: JsonObject; field: string }): string {
  const value = fieldsNamed(entry, field).at(-1) ?? '';
  if (typeof value !== 'string') {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${place}.${field} is not a string`);
  }
  return value;
}

/** Go's encoding/json ignores the case of field names (Unicode's simple folding), uses the last field, and ignores null. */
function fieldsNamed(object: JsonObject, name: string): unknown[] {
  const pattern = new RegExp(`^${name}$`, 'iu');
  return Object.entries(object).flatMap(([key, value]) => (value !== null && pattern.test(key) ? [value] : []));
}

/** `auth` is base64 of `user:password`. */
function decodeAuth(secret: SecretObject, place: string, auth: string): UsernameAndPassword {
  const bytes = decodeGoBase64(auth);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) {
    throw new CredentialError('SecretInvalid', `${describeSecret(secret)}: ${place}.auth is not base64 of "user:password"`);
  }
  return { username: text.slice(0, colon), password: withoutPadding(text.slice(colon + 1)) };
}

/** Decodes as the kubelet does: line breaks are ignored (Go's encoding/base64), and padding is complete or absent. */
function decodeGoBase64(text: string): Buffer | undefined {
  const characters = text.replace(/[\r\n]+/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(characters)
    ? Buffer.from(characters, 'base64')
    : undefined;
}

/**
 * Removes the NUL characters with which docker pads short values (docker/cli, config/configfile/file.go, decodeAuth). Not by `/\0+$/`,
 * which takes quadratic time when the padding is not at the end: the author of a Secret could block all other requests.
 */
function withoutPadding(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\0') {
    end -= 1;
  }
  return text.slice(0, end);
}
