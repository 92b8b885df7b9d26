import { parseUpstreamAddress, type ProxyVerb } from '@oci-connector/connector-api';
import { clientPaths } from '../../../test/client-paths';
import { type ConnectorRequest, type UpstreamPlan } from '../protocol';
import { HttpHandler } from './http-handler';

const HEADERS = {
  host: 'c-git.team',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('a WebSocket of an HTTP service', () => {
  function request({ headers, ...given }: Partial<ConnectorRequest> = {}): ConnectorRequest {
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
      allows: () => Promise.reject(new Error('the pipeline checks the verb')),
      ...given,
    };
  }

  const plan = (given: Partial<ConnectorRequest> = {}): UpstreamPlan => new HttpHandler().planWebSocket(request(given));

  it('is planned as a GET with the handshake', () => {
    const headers = { 'sec-websocket-protocol': 'a,b', 'sec-websocket-extensions': 'x; y' };
    expect(plan({ headers })).toMatchObject({
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
  });

  it.each<ProxyVerb>(['get', 'update', 'delete'])('requires the verb %s that the class names', (verb) => {
    expect(plan({ classHttp: { upgrade: { verb } } })).toMatchObject({ webSocket: true, furtherVerb: { verb } });
  });

  it.each([undefined, {}])('gets 501 if the class contains %p', (classHttp) => {
    expect(() => plan({ classHttp })).toThrow(expect.objectContaining({ status: 501, code: 'UpgradeUnsupported' }) as Error);
  });

  it.each<[string | undefined, string | undefined]>([
    ['http://c-git.team', 'https://git.example'],
    ['https://C-GIT.team', 'https://git.example'],
    ['https://c-git.team.evil.example', 'https://c-git.team.evil.example'],
    ['null', 'null'],
    [undefined, undefined],
  ])('with the origin %p sends %p to the service', (origin, expected) => {
    expect(plan({ headers: { origin } }).requestHeaders['origin']).toBe(expected);
  });

  it.each<[string, string | undefined]>([
    ['base64url.bearer.authorization.k8s.io.dG9rZW4', undefined],
    ['v5.channel.k8s.io, Base64URL.bearer.authorization.k8s.io.dG9rZW4 ,v4', 'v5.channel.k8s.io, v4'],
    [' , ', undefined],
  ])('of the subprotocols %p offers %p', (offered, expected) => {
    expect(plan({ headers: { 'sec-websocket-protocol': offered } }).requestHeaders['sec-websocket-protocol']).toBe(expected);
  });
});
