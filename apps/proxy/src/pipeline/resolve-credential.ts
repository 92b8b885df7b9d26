import { type AuthType, type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type Credential, type CredentialStore, loadCaCertificates, parseCredential, secretRevision } from '@oci-connector/credentials';
import { type UpstreamPool } from '../transport/upstream-pool';
import { ProxyError } from './proxy.errors';
import { Credentialed, type Resolved } from './proxy-exchange';

/** Revision of a Connector without a Secret; no Secret has it. */
const ANONYMOUS = 'anonymous';

/** Certificates of a Connector's own. */
interface ConnectorCa {
  readonly certificates: readonly string[];
  readonly revision: string;
}

/** Reads the Connector's Secrets, which lie in its namespace, and finds the connections that go with them. */
export class ResolveCredential {
  constructor(
    private readonly store: CredentialStore,
    private readonly pool: UpstreamPool,
  ) {}

  /**
   * @param options.fresh read anew: the registry has refused what was read before
   * @throws ProxyError, CredentialError, KubeError
   */
  async resolve(exchange: Resolved, options: { fresh?: boolean } = {}): Promise<Credentialed> {
    const { connector, address } = exchange.resolution;
    const [credential, ca] = await Promise.all([this.#credential(exchange, options), this.#ca(connector)]);
    const connectorUid = uidOf(connector);
    const revision = `${connector.metadata.generation ?? 0}/${ca.revision}`;
    const upstream = this.pool.get({ connectorUid, revision }, ca.certificates);
    upstream.hold(exchange.client.transfer);
    return new Credentialed(exchange, {
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
    });
  }

  async #credential({ resolution }: Resolved, options: { fresh?: boolean }): Promise<Credential | undefined> {
    const { connector, connectorClass, address } = resolution;
    const type = authTypeOf(connector, connectorClass);
    const secretRef = connector.spec.auth?.secretRef;
    if (!secretRef?.name) return anonymous(connectorClass, type);
    const { namespace = '', name } = connector.metadata;
    // Rule C17: whoever writes a Connector must not aim a Secret of another namespace at a host of theirs.
    if ((secretRef.namespace ?? namespace) !== namespace) {
      throw new ProxyError('SecretInvalid', `the Secret of connector "${name}" must live in its own namespace "${namespace}"`);
    }
    const secret = await this.store.get({ namespace, name: secretRef.name }, options);
    return parseCredential(secret, { allowedType: type?.secretType, host: address.host, port: address.port });
  }

  async #ca({ spec, metadata }: Connector): Promise<ConnectorCa> {
    if (!spec.caCertSecretRef?.name) return { certificates: [], revision: '' };
    const secret = await this.store.get({ namespace: metadata.namespace ?? '', name: spec.caCertSecretRef.name });
    return { certificates: loadCaCertificates(secret), revision: secretRevision(secret) };
  }
}

function authTypeOf({ spec }: Connector, connectorClass: ConnectorClass): AuthType | undefined {
  if (!spec.auth) return undefined;
  const type = connectorClass.spec.auth?.types?.find(({ name }) => name === spec.auth?.name);
  if (!type) {
    const { name } = connectorClass.metadata;
    throw new ProxyError('ConnectorInvalid', `class "${name}" has no auth type "${spec.auth.name}"; correct spec.auth.name`);
  }
  return type;
}

/** A Connector with no Secret is used anonymously where its class allows that. */
function anonymous(connectorClass: ConnectorClass, type: AuthType | undefined): undefined {
  const types = type ? [type] : (connectorClass.spec.auth?.types ?? []);
  if (types.length > 0 && !types.some(({ optional }) => optional === true)) {
    throw new ProxyError('SecretNotFound', 'the connector names no Secret, but its class requires one; set spec.auth.secretRef');
  }
  return undefined;
}

/** The API server gives every object a UID; one without would be a defect, and must share nothing. */
export function uidOf({ metadata }: Connector): string {
  if (metadata.uid === undefined) throw new ProxyError('Internal', 'a Connector without UID');
  return metadata.uid;
}
