/** The fields of a Secret from the API server that are used here. `data` is base64. */
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

/** Returns the name of a Secret for messages. */
export function describeSecret(secret: SecretObject): string {
  return `Secret "${secret.metadata.name}"`;
}

/**
 * Returns a revision that changes with every change of the Secret. The resource version alone would not distinguish a Secret from another
 * one of the same name in a restored cluster. A credential has its own revision, which depends only on its content.
 */
export function secretRevision(secret: SecretObject): string {
  return `${secret.metadata.uid ?? ''}/${secret.metadata.resourceVersion ?? ''}`;
}

/** The keys whose values are credentials and stay unchanged: the password for Google's `_json_key` contains a private key. */
const LOGIN_KEYS = new Set(['username', 'password', '.dockerconfigjson']);

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Returns the data without private keys, such as that of a TLS Secret in `spec.caCertSecretRef`: they are not needed here. */
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
 * Returns a copy with only the fields that are used, whose data is not printed: `data` is not enumerable, so neither JSON nor util.inspect
 * nor a logger shows it. Annotations are omitted, because `kubectl apply` repeats the data in one of them.
 */
export function withoutPrintableData(secret: SecretObject): SecretObject {
  const { name, namespace, uid, resourceVersion } = secret.metadata;
  const copy = { metadata: { name, namespace, uid, resourceVersion }, type: secret.type };
  return Object.defineProperty(copy, 'data', { value: withoutPrivateKeys(secret.data ?? {}), enumerable: false });
}
