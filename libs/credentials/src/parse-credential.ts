import { randomBytes } from 'node:crypto';
import { quoted, Sensitive } from '@oci-connector/sensitive';
import { readBasicAuth } from './basic-auth';
import { Credential } from './credential';
import { CredentialError } from './credential.errors';
import { readDockerConfigJson, type DockerConfigCredential } from './docker-config-json';
import { type RegistryName } from './docker-config-keys';
import { describeSecret, type SecretObject } from './secret-object';
import { SecretType } from './secret-type';

export interface ParseCredentialOptions extends RegistryName {
  /** The `secretType` of the auth type in the class; absent: any supported type. */
  allowedType?: string;
}

const READERS: Readonly<Record<string, (secret: SecretObject, registry: RegistryName) => DockerConfigCredential>> = {
  [SecretType.DistributionRegistryToken]: readBasicAuth,
  [SecretType.BasicAuth]: readBasicAuth,
  [SecretType.DockerConfigJson]: readDockerConfigJson,
};

/**
 * Reads the credential from a Secret. A Secret of a type that a class declares and that is not one of ours is read as `username` and
 * `password`.
 *
 * @throws CredentialError when the Secret cannot be used; it names the Secret and the key, never a value
 */
export function parseCredential(secret: SecretObject, options: ParseCredentialOptions): Credential {
  const reader = readerFor(secret, options.allowedType);
  const { username, password, identityToken } = reader(secret, options);
  return new Credential({
    username,
    password: new Sensitive(password),
    identityToken: identityToken === undefined ? undefined : new Sensitive(identityToken),
    revision: new Sensitive(JSON.stringify([username, password, identityToken ?? null])).fingerprint(REVISION_KEY),
  });
}

/** Revisions are keyed hashes, so that a revision in a log or a heap dump cannot be used to guess the password. */
const REVISION_KEY = randomBytes(32);

function readerFor(secret: SecretObject, allowedType: string | undefined): (typeof READERS)[string] {
  // The API server's own default.
  const type = secret.type ?? 'Opaque';
  if (allowedType !== undefined && type !== allowedType) {
    throw new CredentialError(
      'SecretTypeMismatch',
      `${describeSecret(secret)} has type ${quoted(type)}, but the connector's auth type requires ${quoted(allowedType)}; delete it and create it again with that type (a Secret's type cannot be changed)`,
    );
  }
  const reader = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (reader !== undefined) {
    return reader;
  }
  if (allowedType !== undefined) {
    return readBasicAuth;
  }
  throw new CredentialError(
    'SecretTypeMismatch',
    `${describeSecret(secret)} has type ${quoted(type)}; use one of ${Object.keys(READERS).join(', ')}`,
  );
}
