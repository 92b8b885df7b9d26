import { type ObjectMeta } from '@oci-connector/connector-api';

export interface SecretOptions {
  /** Default `registry-credential`. */
  readonly name?: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Default `cpaas.io/distribution-registry-token`. */
  readonly type?: string;
  /** Clear text; default a user name and a password. */
  readonly stringData?: Readonly<Record<string, string>>;
  readonly metadata?: Partial<ObjectMeta>;
}

/** A Kubernetes Secret as the API server returns it: `data` is base64, and there is no `stringData`. */
export interface BuiltSecret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: ObjectMeta;
  readonly type: string;
  readonly data: Record<string, string>;
}

export function aSecret(options: SecretOptions = {}): BuiltSecret {
  const { name = 'registry-credential', namespace = 'default', type = 'cpaas.io/distribution-registry-token' } = options;
  const { stringData = { username: 'robot', password: 'correct horse' } } = options;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, uid: `uid-of-secret-${namespace}-${name}`, resourceVersion: '1', ...options.metadata },
    type,
    data: Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}
