import { ProxyError } from '../proxy.errors';
import { type ClientLogin, PROXY_LOGIN, REVERSE_LOGIN, tunnelLogin } from './client-login';

/** A request with these header lines. Node.js keeps the first of several such headers. */
function request(...lines: [string, string][]): Parameters<ClientLogin['credentials']>[0] {
  const headers = Object.fromEntries([...lines].reverse().map(([name, value]) => [name.toLowerCase(), value]));
  return { headers, rawHeaders: lines.flat() };
}

describe('ClientLogin', () => {
  const both = request(['Authorization', 'a'], ['Proxy-Authorization', 'b']);

  it('reads one header only, and not from several lines', () => {
    expect([REVERSE_LOGIN.credentials(both), PROXY_LOGIN.credentials(both), tunnelLogin('c').credentials(both)]).toEqual(['a', 'b', 'c']);
    expect([REVERSE_LOGIN.credentials(request()), PROXY_LOGIN.credentials(request()), tunnelLogin('c').credentials(request())]).toEqual([
      undefined,
      undefined,
      'c',
    ]);
    const twice = request(['proxy-authorization', 'b'], ['PROXY-AUTHORIZATION', 'b'], ['authorization', 'a'], ['Authorization', 'x']);
    expect([REVERSE_LOGIN.credentials(twice), PROXY_LOGIN.credentials(twice)]).toEqual(['', '']);
  });

  const refused = (login: ClientLogin, code: 'Unauthenticated' | 'PermissionDenied' | 'RouteUnknown'): unknown => {
    const { status, message, closes, cause } = login.refusal(new ProxyError(code, 'why', { cause: 'cause' }));
    return { status, message, closes, cause };
  };

  it.each([
    ['reverse', REVERSE_LOGIN, 'Unauthenticated', { status: 401, closes: false }],
    ['reverse', REVERSE_LOGIN, 'PermissionDenied', { status: 403, closes: false }],
    ['forward', PROXY_LOGIN, 'Unauthenticated', { status: 407, closes: false }],
    ['forward', PROXY_LOGIN, 'PermissionDenied', { status: 403, closes: false }],
    ['tunnel', tunnelLogin('c'), 'Unauthenticated', { status: 403, closes: true }],
    ['tunnel', tunnelLogin('c'), 'PermissionDenied', { status: 403, closes: true }],
    ['tunnel', tunnelLogin('c'), 'RouteUnknown', { status: 404, closes: false }],
  ] as const)('%s: %#', (_name, login, code, expected) => {
    expect(refused(login, code)).toEqual({ ...expected, message: 'why', cause: 'cause' });
  });
});
