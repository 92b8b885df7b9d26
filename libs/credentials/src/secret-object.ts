/** A Secret as the API server sends it, as far as it is used here. `data` is base64. */
export interface SecretObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** How messages name a Secret. */
export function describeSecret(secret: SecretObject): string {
  return `Secret "${secret.metadata.name}"`;
}

/**
 * Changes whenever the Secret does: the resource version alone would not tell a Secret from another one of the same
 * name in a restored cluster. A credential has a revision of its own, which goes by its content.
 */
export function secretRevision(secret: SecretObject): string {
  return `${secret.metadata.uid ?? ''}/${secret.metadata.resourceVersion ?? ''}`;
}

/** Values that are credentials as they stand: the password for Google's `_json_key` has a private key in it. */
const LOGIN_KEYS = new Set(['username', 'password', '.dockerconfigjson']);

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** What of the data is ever used: the private key of a TLS Secret in `spec.caCertSecretRef` is nobody's business here. */
function withoutPrivateKeys(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, encoded]) => [key, LOGIN_KEYS.has(key) ? encoded : withoutPrivateKey(encoded)]),
  );
}

function withoutPrivateKey(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  if (!PRIVATE_KEY.test(text)) {
    return encoded;
  }
  return Buffer.from((text.match(CERTIFICATES) ?? []).join('\n'), 'latin1').toString('base64');
}

/**
 * A copy with only what is used, whose data does not print: `data` is not enumerable, so neither JSON nor util.inspect
 * nor a logger shows it. Annotations are left out, because `kubectl apply` repeats the data in one of them.
 */
export function withoutPrintableData(secret: SecretObject): SecretObject {
  const { name, namespace, uid, resourceVersion } = secret.metadata;
  const copy = { metadata: { name, namespace, uid, resourceVersion }, type: secret.type };
  return Object.defineProperty(copy, 'data', { value: withoutPrivateKeys(secret.data ?? {}), enumerable: false });
}
