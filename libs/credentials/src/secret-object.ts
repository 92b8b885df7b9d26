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
 * name in a restored cluster. Part of every key under which something derived from the Secret is kept (rule C3).
 */
export function secretRevision(secret: SecretObject): string {
  return `${secret.metadata.uid ?? ''}/${secret.metadata.resourceVersion ?? ''}`;
}

/**
 * A copy with only what is used, whose data does not print: `data` is not enumerable, so neither JSON nor util.inspect
 * nor a logger shows it. Annotations are left out, because `kubectl apply` repeats the data in one of them.
 */
export function withoutPrintableData(secret: SecretObject): SecretObject {
  const { name, namespace, uid, resourceVersion } = secret.metadata;
  const copy = { metadata: { name, namespace, uid, resourceVersion }, type: secret.type };
  return Object.defineProperty(copy, 'data', { value: secret.data ?? {}, enumerable: false });
}
