import { type Socket } from 'node:net';
import { countHeader } from '@oci-connector/http';
import { type ClientIdentity } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { peerOf } from '../client/peer';
import { ProxyError } from '../proxy.errors';
import { Authenticated, type ClientExchange, type Identified } from './proxy-exchange';

/** Says who a token belongs to; `TokenReviewer` of libs/kube. */
export interface IdentityReviewer {
  /** What `review` is known to say, at once. */
  peek(token: Sensitive): ClientIdentity | undefined;
  /** @throws TokenRefusedError, ReviewUnavailableError */
  review(token: Sensitive, peer: string): Promise<ClientIdentity>;
}

/** RFC 9110 §11.4: `scheme SP token68`; of the schemes these two are understood. */
const CREDENTIALS = /^(basic|bearer) +([A-Za-z0-9._~+/-]+=*)$/i;

/** A ServiceAccount token has 1 to 2 KiB, in base64 a third more. A longer header is taken apart for each request. In characters. */
const MAX_REMEMBERED_HEADER = 4 * 1024;

/** Finds out who the client is: a ServiceAccount, by its token. */
export class AuthenticateClient {
  /**
   * What a connection last sent that was accepted: taking the header apart and hashing its token would cost more than all
   * other steps of a request that repeats it. It goes with the connection.
   */
  readonly #accepted = new WeakMap<Socket, { readonly header?: string; readonly token: Sensitive }>();

  /** @param audience the one that refusals name */
  constructor(
    private readonly reviewer: IdentityReviewer,
    private readonly audience: string,
  ) {}

  /** As {@link identify}. */
  async authenticate(identified: Identified): Promise<Authenticated> {
    return new Authenticated(identified, await this.identify(identified.client));
  }

  /** @throws ProxyError Unauthenticated, TokenRefusedError, ReviewUnavailableError */
  async identify(client: ClientExchange): Promise<ClientIdentity> {
    const token = this.#repeatedToken(client) ?? this.#token(client);
    const identity = this.reviewer.peek(token) ?? (await this.reviewer.review(token, peerOf(client.record.peer)));
    return this.#accept(client, token, identity);
  }

  /** The token of a connection's request before, when this one carries the very same header. */
  #repeatedToken({ request, naming }: ClientExchange): Sensitive | undefined {
    const last = this.#accepted.get(request.socket);
    return last && last.header === request.headers[naming.tokenHeader] && countHeader(request.rawHeaders, naming.tokenHeader) === 1
      ? last.token
      : undefined;
  }

  #accept(client: ClientExchange, token: Sensitive, identity: ClientIdentity): ClientIdentity {
    if (!identity.serviceAccount) {
      throw this.#unauthenticated('only ServiceAccounts are served');
    }
    this.#remember(client, token);
    client.record.client = `${identity.serviceAccount.namespace}/${identity.serviceAccount.name}`;
    return identity;
  }

  #remember({ request, naming, authenticated }: ClientExchange, token: Sensitive): void {
    if (this.#accepted.get(request.socket)?.token === token) {
      return;
    }
    authenticated();
    const header = request.headers[naming.tokenHeader] ?? '';
    if (header.length <= MAX_REMEMBERED_HEADER) {
      this.#accepted.set(request.socket, { header, token });
    } else {
      this.#accepted.delete(request.socket);
    }
  }

  #token({ request, naming: { tokenHeader } }: ClientExchange): Sensitive {
    const header = request.headers[tokenHeader];
    if (header === undefined) {
      throw this.#unauthenticated('authentication required');
    }
    // Of several, `headers` has the first: such a request is no client's of ours.
    const [, scheme = '', value = ''] = countHeader(request.rawHeaders, tokenHeader) === 1 ? (CREDENTIALS.exec(header) ?? []) : [];
    const token = scheme.toLowerCase() === 'basic' ? passwordOf(value) : value;
    // `Basic Og==`, no user and no password, is what skopeo sends where nobody has logged in.
    if (token === '') {
      throw this.#unauthenticated(value === '' ? 'the Authorization header is malformed' : 'no password was sent');
    }
    return new Sensitive(token);
  }

  #unauthenticated(problem: string): ProxyError {
    return new ProxyError(
      'Unauthenticated',
      `${problem}; send a ServiceAccount token with audience "${this.audience}" as the password, with any user name`,
    );
  }
}

/** RFC 7617 §2: the user name ends at the first colon, and is of no interest here. */
function passwordOf(token68: string): string {
  const pair = Buffer.from(token68, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}
