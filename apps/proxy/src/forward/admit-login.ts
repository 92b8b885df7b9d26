import { type ConnectorKey } from '@oci-connector/connector-api';
import { type ClientIdentity } from '@oci-connector/kube';
import { connectorsOfLogin } from '../naming/forward-login';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { ProxyError } from '../proxy.errors';

/** A client of the forward proxy that has logged in. */
export interface Admission {
  /** The value of Proxy-Authorization. */
  readonly header: string;
  readonly identity: ClientIdentity;
  /** The Connectors of the login that the client may use with some verb, in the order of the login; at least one. */
  readonly connectors: readonly ConnectorKey[];
}

export interface AdmitLoginSteps {
  /** Implemented by `AuthenticateClient`. */
  readonly client: { identify(client: ClientExchange): Promise<ClientIdentity> };
  /** Implemented by `AuthorizeClient`. */
  readonly permission: {
    /** @throws ReviewUnavailableError when the permission cannot be checked */
    mayUse(identity: ClientIdentity, connector: ConnectorKey): Promise<boolean>;
  };
}

/** Checks the login of a request to the forward proxy: the token, and which of the Connectors the client may use. */
export class AdmitLogin {
  constructor(private readonly steps: AdmitLoginSteps) {}

  /**
   * @throws ProxyError Unauthenticated when the login is missing or malformed, PermissionDenied when the client may use no Connector of it
   * @throws TokenRefusedError when the token is not valid
   * @throws ReviewUnavailableError when the token or a permission cannot be checked
   */
  async admit(client: ClientExchange): Promise<Admission> {
    const header = client.login.credentials(client.request) ?? '';
    const identity = await this.steps.client.identify(client);
    const named = connectorsOfLogin(header);
    if (typeof named === 'string') {
      throw new ProxyError('Unauthenticated', `${named}; take the URL of the proxy from the file https.proxy of the volume`);
    }
    const may = await Promise.all(named.map((connector) => this.steps.permission.mayUse(identity, connector)));
    const connectors = named.filter((_connector, index) => may[index]);
    if (connectors.length === 0) {
      throw new ProxyError('PermissionDenied', notAllowed(identity, named));
    }
    return { header, identity, connectors };
  }
}

/** Names no Connector that the client did not name itself, and does not tell which of them exist. */
function notAllowed({ username }: ClientIdentity, connectors: readonly ConnectorKey[]): string {
  const names = connectors.map(({ namespace, name }) => `"${name}" in namespace "${namespace}"`).join(', ');
  return `${username} may not use connectors/proxy ${names}; bind it to the ClusterRole connectors-puller or connectors-pusher there`;
}
