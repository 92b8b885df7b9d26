import { type ReceivedResponse, type SendOptions, sendRequest } from '@oci-connector/testing-kit';
import { type OutgoingHttpHeaders } from 'node:http';

/** A registry, and the credential with which a test uses it. */
export interface RegistryTarget {
  /** Scheme, host and port, and the path before `/v2/` if there is one. */
  readonly url: string;
  /** Sent only in answer to a challenge, and only to the registry or to the realm in its challenge. */
  readonly auth?: { readonly username: string; readonly password: string };
  readonly ca?: string;
  readonly connectTo?: SendOptions['connectTo'];
}

interface Exchange {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** A minimal registry client for tests. It answers challenges (Basic and Bearer) and follows redirects of GET. */
export class RegistryClient {
  constructor(private readonly target: RegistryTarget) {}

  /**
   * Sends a request to a path below `/v2/`, or to a Location.
   *
   * @throws Error when the status is not one of `expected`
   */
  async send(location: string, expected: readonly number[], exchange: Exchange = {}): Promise<ReceivedResponse> {
    const url = this.#resolve(location);
    const first = await this.#once(url, exchange);
    const authorization = first.status === 401 ? await this.#answerChallenge(first) : undefined;
    const last =
      authorization === undefined ? first : await this.#once(url, { ...exchange, headers: { ...exchange.headers, authorization } });
    const response = await this.#follow(url, last, exchange);
    if (!expected.includes(response.status)) {
      throw new Error(`${exchange.method ?? 'GET'} ${location}: status ${response.status}, ${response.body.toString('utf8', 0, 500)}`);
    }
    return response;
  }

  /** Returns the URL: `<name>/blobs/…` becomes a URL below `/v2/`; a Location may be absolute or relative to the origin. */
  #resolve(location: string): string {
    if (/^https?:/.test(location)) {
      return location;
    }
    return location.startsWith('/') ? new URL(this.target.url).origin + location : `${this.target.url}/v2/${location}`;
  }

  #once(url: string, exchange: Exchange): Promise<ReceivedResponse> {
    const { ca, connectTo } = this.target;
    return sendRequest(url, {
      ...exchange,
      ca,
      connectTo: new URL(url).origin === new URL(this.target.url).origin ? connectTo : undefined,
    });
  }

  async #follow(url: string, response: ReceivedResponse, exchange: Exchange): Promise<ReceivedResponse> {
    const { location } = response.headers;
    if (response.status < 300 || response.status >= 400 || location === undefined || (exchange.method ?? 'GET') !== 'GET') {
      return response;
    }
    const next = new URL(location, url).href;
    return this.#follow(next, await this.#once(next, exchange), exchange);
  }

  async #answerChallenge(response: ReceivedResponse): Promise<string | undefined> {
    const { auth } = this.target;
    const challenge = response.headers['www-authenticate'] ?? '';
    const basic = auth && `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
    if (/^basic/i.test(challenge)) {
      return basic;
    }
    const parameter = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const realm = new URL(parameter('realm'));
    realm.searchParams.set('service', parameter('service'));
    if (parameter('scope') !== '') {
      realm.searchParams.set('scope', parameter('scope'));
    }
    const answer = await this.#once(realm.href, { headers: basic === undefined ? {} : { authorization: basic } });
    if (answer.status !== 200) {
      return undefined;
    }
    const { token, access_token: accessToken } = JSON.parse(answer.body.toString('utf8')) as { token?: string; access_token?: string };
    return `Bearer ${token ?? accessToken ?? ''}`;
  }
}
