import { type Socket } from 'node:net';
import { type ClientIdentity } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { peerOf } from '../client/peer';
import { type ClientLogin } from '../naming/client-login';
import { ProxyError } from '../proxy.errors';
import { Authenticated, type ClientExchange, type Identified } from './proxy-exchange';

/** Determines the identity that a token belongs to; implemented by `TokenReviewer` of libs/kube. */
export interface IdentityReviewer {
  /** Returns the cached result of `review`, synchronously; undefined if there is none. */
  peek(token: Sensitive): ClientIdentity | undefined;
  /**
   * @throws TokenRefusedError when the token is not valid
   * @throws ReviewUnavailableError when the token cannot be checked
   */
  review(token: Sensitive, peer: string): Promise<ClientIdentity>;
}

/** RFC 9110 §11.4: `scheme SP token68`, for the two supported schemes. */
const CREDENTIALS = /^(basic|bearer) +([A-Za-z0-9._~+/-]+=*)$/i;

/** In characters. A ServiceAccount token has 1 to 2 KiB, and a third more in base64. A longer header is parsed for each request. */
const MAX_REMEMBERED_HEADER = 4 * 1024;

/** Authenticates the client, a ServiceAccount, by its token. */
export class AuthenticateClient {
  /**
   * The last accepted header of each connection, and its token. Most requests repeat the header; parsing it and hashing its token again
   * would cost more than all other steps of the request.
   */
  readonly #accepted = new WeakMap<Socket, { readonly header?: string; readonly token: Sensitive }>();

  /** @param audience the token audience that error messages name */
  constructor(
    private readonly reviewer: IdentityReviewer,
    private readonly audience: string,
  ) {}

  /** Authenticates the client; see {@link identify} for the errors. */
  async authenticate(identified: Identified): Promise<Authenticated> {
    return new Authenticated(identified, await this.identify(identified.client));
  }

  /**
   * Returns the identity of the client.
   *
   * @throws ProxyError Unauthenticated when the request has no token, or the token is not a ServiceAccount's
   * @throws TokenRefusedError when the token is not valid
   * @throws ReviewUnavailableError when the token cannot be checked
   */
  async identify(client: ClientExchange): Promise<ClientIdentity> {
    const token = this.#repeatedToken(client) ?? this.#token(client);
    const identity = this.reviewer.peek(token) ?? (await this.reviewer.review(token, peerOf(client.record.peer)));
    return this.#accept(client, token, identity);
  }

  /** Returns the token of the connection's last accepted request, if this request has the same header. */
  #repeatedToken({ request, login }: ClientExchange): Sensitive | undefined {
    const last = this.#accepted.get(request.socket);
    return last && last.header === login.credentials(request) ? last.token : undefined;
  }

  #accept(client: ClientExchange, token: Sensitive, identity: ClientIdentity): ClientIdentity {
    if (!identity.serviceAccount) {
      throw this.#unauthenticated(client.login, 'only ServiceAccounts are served');
    }
    this.#remember(client, token);
    const { namespace, name } = identity.serviceAccount;
    client.record.client = `${namespace}/${name}`;
    if (identity.pod) {
      client.record.pod = `${namespace}/${identity.pod.name}`;
      client.record.podUid = identity.pod.uid;
    }
    return identity;
  }

  #remember({ request, login, authenticated }: ClientExchange, token: Sensitive): void {
    if (this.#accepted.get(request.socket)?.token === token) {
      return;
    }
    authenticated();
    const header = login.credentials(request) ?? '';
    if (header.length <= MAX_REMEMBERED_HEADER) {
      this.#accepted.set(request.socket, { header, token });
    } else {
      this.#accepted.delete(request.socket);
    }
  }

  #token({ request, login }: ClientExchange): Sensitive {
    const header = login.credentials(request);
    if (header === undefined) {
      throw this.#unauthenticated(login, 'authentication required');
    }
    const [, scheme = '', value = ''] = CREDENTIALS.exec(header) ?? [];
    const token = scheme.toLowerCase() === 'basic' ? passwordOf(value) : value;
    // skopeo sends `Basic Og==`, without user name and password, when it is not logged in.
    if (token === '') {
      throw this.#unauthenticated(login, value === '' ? `the ${login.header} header is malformed` : 'no password was sent');
    }
    return new Sensitive(token);
  }

  #unauthenticated(login: ClientLogin, problem: string): ProxyError {
    return new ProxyError(
      'Unauthenticated',
      `${problem}; send a ServiceAccount token with audience "${this.audience}" as the password, with ${login.user}`,
    );
  }
}

/** Returns the password. The user name, which ends at the first colon (RFC 7617 §2), is ignored. */
function passwordOf(token68: string): string {
  const pair = Buffer.from(token68, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}
