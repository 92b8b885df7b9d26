import {
  authTypeOf,
  type Connector,
  type ConnectorClass,
  foreignSecretNamespace,
  typeThatNeedsSecret,
  type UpstreamAddress,
} from '@oci-connector/connector-api';
import {
  CredentialError,
  type CredentialStore,
  loadCaCertificates,
  parseCredential,
  type SecretKey,
  type SecretObject,
  secretRevision,
} from '@oci-connector/credentials';
import { quoted } from '@oci-connector/sensitive';
import { type UpstreamPool } from '../upstream/upstream-pool';
import { ProxyError } from '../proxy.errors';
import { uidOf } from './connector-uid';
import { Credentialed, type Planned, type Resolution, type UpstreamAccess } from './proxy-exchange';

/** The credential revision of a Connector without a Secret; no Secret has this revision. */
const ANONYMOUS = 'anonymous';

/** The Secrets of a Connector. */
interface Secrets {
  /** Absent: the Connector is anonymous. */
  readonly credential?: SecretObject;
  /** Absent: only the installation's certificate authorities are trusted. */
  readonly ca?: SecretObject;
}

/** The names of these Secrets. */
interface SecretKeys {
  readonly credential?: SecretKey;
  readonly ca?: SecretKey;
}

/** The result for a Connector, and the objects that it depends on. */
interface Known {
  readonly connectorClass: ConnectorClass;
  readonly secrets: Secrets;
  /** The access, or why the Secrets provide none. Both are cached, because parsing invalid Secrets for each request would cost time. */
  readonly result: UpstreamAccess | CredentialError;
}

/** Reads the Connector's Secrets from its namespace, and selects the upstream connections that belong to them. */
export class ResolveCredential {
  /** The results by address of a Connector. After each change, the watch and the store provide new objects. */
  readonly #known = new WeakMap<UpstreamAddress, Known>();

  constructor(
    private readonly store: CredentialStore,
    private readonly pool: UpstreamPool,
  ) {}

  /**
   * @param options.fresh reads the credential from the API server instead of the cache, because the registry refused the cached one
   * @throws ProxyError when a field of the Connector is invalid
   * @throws CredentialError when a Secret is missing or invalid
   * @throws KubeError when the API server does not respond
   */
  async resolve(exchange: Planned, options: { fresh?: boolean } = {}): Promise<Credentialed> {
    const keys = secretKeys(exchange.resolution);
    const known = options.fresh ? undefined : this.#peek(keys);
    const secrets = known ?? (await this.#read(keys, options));
    const access = this.#usable(exchange.resolution, keys, secrets);
    access.upstream.hold(exchange.client.transfer);
    return new Credentialed(exchange, access);
  }

  /** Returns the Secrets if all of them are cached. */
  #peek(keys: SecretKeys): Secrets | undefined {
    const credential = keys.credential && this.store.peek(keys.credential);
    const ca = keys.ca && this.store.peek(keys.ca);
    const complete = (credential !== undefined || !keys.credential) && (ca !== undefined || !keys.ca);
    return complete ? { credential, ca } : undefined;
  }

  async #read(keys: SecretKeys, options: { fresh?: boolean }): Promise<Secrets> {
    const [credential, ca] = await Promise.all([
      keys.credential && this.store.get(keys.credential, options),
      keys.ca && this.store.get(keys.ca),
    ]);
    return { credential, ca };
  }

  /** Like {@link #access}, but Secrets that cannot be used are read again soon, so that corrected ones work. */
  #usable(resolution: Resolution, keys: SecretKeys, secrets: Secrets): UpstreamAccess {
    try {
      return this.#access(resolution, secrets);
    } catch (error) {
      if (error instanceof CredentialError) {
        this.#markUnusable(keys.credential, secrets.credential);
        this.#markUnusable(keys.ca, secrets.ca);
      }
      throw error;
    }
  }

  #markUnusable(key: SecretKey | undefined, secret: SecretObject | undefined): void {
    if (key !== undefined && secret !== undefined) {
      this.store.markUnusable(key, secret);
    }
  }

  #access(resolution: Resolution, secrets: Secrets): UpstreamAccess {
    const { address, connectorClass } = resolution;
    const known = this.#known.get(address);
    const unchanged =
      known?.connectorClass === connectorClass && known.secrets.credential === secrets.credential && known.secrets.ca === secrets.ca;
    if (unchanged) {
      const { result } = known;
      if (result instanceof CredentialError) {
        throw result;
      }
      // In the meantime, the pool may have closed the connections to make room for other Connectors.
      if (this.pool.isCurrent(result.registry.connectorUid, result.upstream)) {
        return result;
      }
    }
    try {
      const access = this.#newAccess(resolution, secrets);
      this.#known.set(address, { connectorClass, secrets, result: access });
      return access;
    } catch (error) {
      if (error instanceof CredentialError) {
        this.#known.set(address, { connectorClass, secrets, result: error });
      }
      throw error;
    }
  }

  #newAccess({ connector, connectorClass, address }: Resolution, secrets: Secrets): UpstreamAccess {
    const type = authTypeOf(connector, connectorClass);
    const credential = secrets.credential && parseCredential(secrets.credential, { ...address, allowedType: type?.secretType });
    const certificates = secrets.ca ? loadCaCertificates(secrets.ca) : [];
    const connectorUid = uidOf(connector);
    const revision = `${connector.metadata.generation ?? 0}/${secrets.ca ? secretRevision(secrets.ca) : ''}`;
    const upstream = this.pool.get({ connectorUid, revision }, certificates);
    return {
      credential,
      upstream,
      registry: {
        connectorUid,
        credentialRevision: credential?.revision ?? ANONYMOUS,
        scheme: address.scheme,
        host: address.host,
        port: address.port,
        origin: address.origin,
        trustedRealms: connector.spec.auth?.trustedRealms ?? [],
        credential,
        http: upstream.http,
      },
    };
  }
}

/** @throws ProxyError when the Connector's auth type or Secret reference is invalid */
function secretKeys({ connector, connectorClass }: Resolution): SecretKeys {
  const { namespace = '' } = connector.metadata;
  const { caCertSecretRef } = connector.spec;
  return {
    credential: credentialKey(connector, connectorClass),
    ca: caCertSecretRef?.name ? { namespace, name: caCertSecretRef.name } : undefined,
  };
}

function credentialKey(connector: Connector, connectorClass: ConnectorClass): SecretKey | undefined {
  checkAuthName(connector, connectorClass);
  const { namespace = '' } = connector.metadata;
  const name = connector.spec.auth?.secretRef?.name;
  if (!name) {
    return anonymous(connector, connectorClass);
  }
  // Rule C17.
  if (foreignSecretNamespace(connector) !== undefined) {
    throw new ProxyError(
      'SecretInvalid',
      `the Secret of connector "${connector.metadata.name}" must live in its own namespace "${namespace}"`,
    );
  }
  return { namespace, name, type: authTypeOf(connector, connectorClass)?.secretType };
}

function checkAuthName(connector: Connector, connectorClass: ConnectorClass): void {
  const { auth } = connector.spec;
  if (!auth || authTypeOf(connector, connectorClass)) {
    return;
  }
  throw new ProxyError(
    'ConnectorInvalid',
    `class "${connectorClass.metadata.name}" has no auth type ${quoted(auth.name)}; correct spec.auth.name`,
  );
}

/** Allows anonymous use of a Connector without a Secret, if its class allows that. */
function anonymous(connector: Connector, connectorClass: ConnectorClass): undefined {
  if (typeThatNeedsSecret(connector, connectorClass)) {
    throw new ProxyError('SecretNotFound', 'the connector names no Secret, but its class requires one; set spec.auth.secretRef');
  }
  return undefined;
}
