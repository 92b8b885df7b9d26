import { type IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type ClientIdentity } from '@oci-connector/kube';
import { type Sensitive } from '@oci-connector/sensitive';
import { type ClientLogin, PROXY_LOGIN, REVERSE_LOGIN } from '../naming/client-login';
import { AuthenticateClient } from './authenticate-client';
import { type ClientExchange } from './proxy-exchange';

const basic = (token: string): string => `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;

/** Accepts tokens that begin with `good`. Returns a result synchronously for tokens that it has reviewed before. */
class Reviewer {
  readonly asked: string[] = [];
  readonly tokens: Sensitive[] = [];

  peek(token: Sensitive): ClientIdentity | undefined {
    this.tokens.push(token);
    return this.asked.includes(token.reveal()) && token.reveal().startsWith('good') ? identityOf(token) : undefined;
  }

  review(token: Sensitive): Promise<ClientIdentity> {
    this.asked.push(token.reveal());
    return token.reveal().startsWith('good') ? Promise.resolve(identityOf(token)) : Promise.reject(new Error('refused'));
  }
}

function identityOf(token: Sensitive): ClientIdentity {
  const serviceAccount = { namespace: 'team', name: token.reveal(), uid: 'u' };
  return { username: token.reveal(), uid: 'u', groups: [], extra: {}, serviceAccount };
}

function exchange(socket: Socket, ...authorization: string[]): ClientExchange {
  return exchangeOf(
    REVERSE_LOGIN,
    socket,
    authorization.map((value) => ['Authorization', value]),
  );
}

/** Creates an exchange for a request with these headers, whose client logs in this way. */
function exchangeOf(login: ClientLogin, socket: Socket, headers: readonly (readonly [string, string])[]): ClientExchange {
  const byName = Object.fromEntries([...headers].reverse().map(([name, value]) => [name.toLowerCase(), value]));
  const request = { socket, rawHeaders: headers.flat(), headers: byName } as unknown as IncomingMessage;
  const record = { method: 'GET', peer: '', startedAt: 0 };
  return { request, login, authenticated: () => undefined, record } as unknown as ClientExchange;
}

describe('AuthenticateClient', () => {
  let reviewer: Reviewer;
  let step: AuthenticateClient;
  const socket = new Socket();
  const identify = async (client: ClientExchange): Promise<string> => (await step.identify(client)).username;

  beforeEach(() => {
    reviewer = new Reviewer();
    step = new AuthenticateClient(reviewer, 'connectors-proxy');
  });

  it('parses a repeated header once for each connection, but checks its token for each request', async () => {
    for (let time = 0; time < 3; time += 1) {
      expect(await identify(exchange(socket, basic('good-a')))).toBe('good-a');
    }
    expect(await identify(exchange(new Socket(), basic('good-a')))).toBe('good-a');
    expect(new Set(reviewer.tokens).size).toBe(2);
    expect(reviewer.tokens).toHaveLength(4);
    expect(reviewer.asked).toEqual(['good-a']);
  });

  it('distinguishes the clients of one connection', async () => {
    expect(await identify(exchange(socket, basic('good-a')))).toBe('good-a');
    expect(await identify(exchange(socket, basic('good-b')))).toBe('good-b');
    await expect(identify(exchange(socket, basic('bad')))).rejects.toThrow('refused');
    expect(await identify(exchange(socket, basic('good-a')))).toBe('good-a');
  });

  it('keeps no long header for a connection, and parses it again for each request', async () => {
    const long = `Basic ${Buffer.from(`${'user'.repeat(10_000)}:good-a`).toString('base64')}`;
    for (let time = 0; time < 3; time += 1) {
      expect(await identify(exchange(socket, long))).toBe('good-a');
    }
    expect(new Set(reviewer.tokens).size).toBe(3);
    // A long header removes the short one that was kept before.
    await identify(exchange(socket, basic('good-a')));
    await identify(exchange(socket, long));
    await identify(exchange(socket, basic('good-a')));
    expect(new Set(reviewer.tokens).size).toBe(6);
  });

  it("reads the token only from the header that the connection's naming specifies", async () => {
    const both = [
      ['Authorization', basic('good-a')],
      ['Proxy-Authorization', basic('good-b')],
    ] as const;
    expect(await identify(exchangeOf(PROXY_LOGIN, socket, both))).toBe('good-b');
    expect(await identify(exchangeOf(PROXY_LOGIN, socket, both))).toBe('good-b');
    expect(await identify(exchangeOf(REVERSE_LOGIN, new Socket(), both))).toBe('good-a');
    const [other] = both;
    await expect((async () => identify(exchangeOf(PROXY_LOGIN, socket, [other])))()).rejects.toMatchObject({
      code: 'Unauthenticated',
    });
  });

  it.each<[string, string[]]>([
    ['none', []],
    ['two, of which the first was accepted', [basic('good-a'), basic('good-b')]],
    ['the same twice', [basic('good-a'), basic('good-a')]],
    ['another scheme', ['Digest good-a']],
    ['no password', [`Basic ${Buffer.from('good-a').toString('base64')}`]],
  ])('C11: refuses %s after a request that was accepted', async (_name, authorization) => {
    await identify(exchange(socket, basic('good-a')));
    await expect((async () => identify(exchange(socket, ...authorization)))()).rejects.toMatchObject({ code: 'Unauthenticated' });
    expect(reviewer.asked).toEqual(['good-a']);
  });
});
