import { parseUpstreamAddress, type ProxyVerb } from '@oci-connector/connector-api';
import { clientPaths } from '../../../test/client-paths';
import { type ConnectorRequest } from '../protocol';
import { HttpHandler } from './http-handler';

const HEADERS = {
  host: 'c-git.team',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('a WebSocket of an HTTP service', () => {
  let asked: ProxyVerb[];

  beforeEach(() => {
    asked = [];
  });

  function request({ headers, ...given }: Partial<ConnectorRequest> = {}, allowed: readonly ProxyVerb[] = ['update']): ConnectorRequest {
    return {
      method: 'GET',
      path: '/x',
      query: 'a=b',
      paths: clientPaths('host', { namespace: 'team', name: 'git' }),
      connector: { namespace: 'team', name: 'git', uid: 'u' },
      classHttp: { upgrade: { verb: 'update' } },
      address: parseUpstreamAddress('https://git.example/base/'),
      client: { namespace: 'ci', name: 'builder', uid: 'a' },
      headers: { ...HEADERS, ...headers },
      hasBody: false,
      allows: (verb) => {
        asked.push(verb);
        return Promise.resolve(allowed.includes(verb));
      },
      ...given,
    };
  }

  const plan = (...given: Parameters<typeof request>): ReturnType<HttpHandler['planWebSocket']> =>
    new HttpHandler().planWebSocket(request(...given));

  it('is planned as the GET that it is, with the handshake', async () => {
    const headers = { 'sec-websocket-protocol': 'a,b', 'sec-websocket-extensions': 'x; y' };
    expect(await plan({ headers })).toMatchObject({
      webSocket: true,
      method: 'GET',
      action: 'websocket',
      followRedirects: false,
      target: { origin: 'https://git.example', path: '/base/x?a=b', purpose: 'connector', sendCredential: true },
      requestHeaders: {
        'sec-websocket-key': HEADERS['sec-websocket-key'],
        'sec-websocket-version': '13',
        'sec-websocket-protocol': 'a, b',
        'sec-websocket-extensions': 'x; y',
      },
    });
    expect(asked).toEqual(['update']);
  });

  it.each<ProxyVerb>(['get', 'update', 'delete'])('needs the verb %s that the class names', async (verb) => {
    await expect(plan({ classHttp: { upgrade: { verb } } }, [verb])).resolves.toMatchObject({ webSocket: true });
    await expect(plan({ classHttp: { upgrade: { verb } } }, [])).rejects.toMatchObject({
      code: 'PermissionDenied',
      message: expect.stringContaining(verb) as string,
    });
  });

  it.each([undefined, {}])('is 501 where the class says %p', async (classHttp) => {
    await expect(plan({ classHttp }, ['get', 'update', 'delete'])).rejects.toMatchObject({ status: 501, code: 'UpgradeUnsupported' });
    expect(asked).toEqual([]);
  });

  it.each<[string | undefined, string | undefined]>([
    ['http://c-git.team', 'https://git.example'],
    ['https://C-GIT.team', 'https://git.example'],
    ['https://c-git.team.evil.example', 'https://c-git.team.evil.example'],
    ['null', 'null'],
    [undefined, undefined],
  ])('with the origin %p says %p to the service', async (origin, expected) => {
    expect((await plan({ headers: { origin } })).requestHeaders['origin']).toBe(expected);
  });

  it.each<[string, string | undefined]>([
    ['base64url.bearer.authorization.k8s.io.dG9rZW4', undefined],
    ['v5.channel.k8s.io, Base64URL.bearer.authorization.k8s.io.dG9rZW4 ,v4', 'v5.channel.k8s.io, v4'],
    [' , ', undefined],
  ])('of the subprotocols %p offers %p', async (offered, expected) => {
    expect((await plan({ headers: { 'sec-websocket-protocol': offered } })).requestHeaders['sec-websocket-protocol']).toBe(expected);
  });
});
