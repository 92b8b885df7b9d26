import { parseTokenResponse } from './token-response';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();

function parse(response: unknown, date?: string): { value: string; seconds: number } {
  const body = Buffer.from(typeof response === 'string' ? response : JSON.stringify(response));
  const token = parseTokenResponse({ status: 200, headers: { date }, body, truncated: false }, NOW);
  return { value: token.value.reveal(), seconds: (token.expiresAt - NOW) / 1000 };
}

describe('parseTokenResponse', () => {
  it.each([
    ['token', { token: 't' }, 't'],
    ['access_token alone (ACR)', { access_token: 'a' }, 'a'],
    ['an empty access_token (Harbor)', { token: 't', access_token: '' }, 't'],
    ['an empty token', { token: '', access_token: 'a' }, 'a'],
    ['both', { token: 't', access_token: 'a' }, 't'],
    ['a token of another type', { token: 7, access_token: 'a' }, 'a'],
  ])('accepts %s', (_name, response, expected) => {
    expect(parse(response).value).toBe(expected);
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<html>token</html>'],
    ['half an object', '{"token":"x'],
    ['an array', ['token']],
    ['null', null],
    ['no token', { expires_in: 300 }],
    ['empty tokens', { token: '', access_token: '' }],
    ['a line break in the token', { token: 'a\r\nX-Evil: 1' }],
    ['a space in the token', { token: 'a b' }],
    ['letters outside ASCII', { token: 'é' }],
    ['an endless token', { token: 'a'.repeat(40_000) }],
  ])('refuses %s', (_name, response) => {
    expect(() => parse(response)).toThrow(expect.objectContaining({ code: 'TokenResponseInvalid' }) as Error);
  });

  const jwt = (claims: unknown): string => ['head', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'signature'].join('.');
  it.each<[string, string, boolean]>([
    ['an opaque token', 'opaque', false],
    ['dots alone', '..', false],
    ['a payload that is not an object', jwt('access'), false],
    ['no access claim', jwt({ sub: 'robot' }), false],
    ['access that is not a list', jwt({ access: 'all' }), false],
    ['entries of an unknown form', jwt({ access: ['all', { actions: 'pull' }] }), false],
    ['an action', jwt({ access: [{ actions: [] }, { actions: ['pull'] }] }), false],
    ['no access', jwt({ access: null }), true],
    ['an empty list', jwt({ access: [] }), true],
    ['entries without actions (Harbor)', jwt({ access: [{ type: 'repository', name: 'app', actions: [] }, { actions: null }] }), true],
  ])('detects whether the access claim of the token lists no action: %s', (_name, token, expected) => {
    const body = Buffer.from(JSON.stringify({ token }));
    expect(parseTokenResponse({ status: 200, headers: {}, body, truncated: false }, NOW).allowsNothing).toBe(expected);
  });

  it('repeats no part of the response in its error', () => {
    let error: unknown;
    try {
      parse('{"token":"hunter2",,}');
    } catch (caught) {
      error = caught;
    }
    expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain('hunter2');
  });

  it.each<[string, object, string | undefined, number]>([
    ['no expires_in: 60 s', {}, undefined, 60],
    ['less than 60 s', { expires_in: 5 }, undefined, 5],
    ['a second', { expires_in: 1, issued_at: ago(0) }, undefined, 1],
    ['nothing: 60 s', { expires_in: 0 }, undefined, 60],
    ['300 s', { expires_in: 300 }, undefined, 300],
    ['a text: 60 s', { expires_in: '300' }, undefined, 60],
    ['negative: 60 s', { expires_in: -1 }, undefined, 60],
    ['a year: an hour', { expires_in: 31_536_000 }, undefined, 3600],
    ['issued 100 s ago', { expires_in: 300, issued_at: ago(100) }, undefined, 200],
    [
      'issued 100 s ago by the server’s clock, which is an hour slow',
      { expires_in: 300, issued_at: ago(3700) },
      new Date(NOW - 3_600_000).toUTCString(),
      200,
    ],
    ['issued in the future: new', { expires_in: 300, issued_at: ago(-100) }, undefined, 300],
    ['expired on arrival: new', { expires_in: 300, issued_at: ago(900) }, undefined, 300],
    ['issued in the year 1: new', { expires_in: 300, issued_at: '0001-01-01T00:00:00Z' }, undefined, 300],
    ['no time: new', { expires_in: 300, issued_at: 'yesterday' }, undefined, 300],
    ['a number: new', { expires_in: 300, issued_at: 1 }, undefined, 300],
    ['a garbled Date', { expires_in: 300, issued_at: ago(100) }, 'soon', 200],
  ])('lifetime: %s', (_name, response, date, seconds) => {
    expect(parse({ token: 't', ...response }, date).seconds).toBe(seconds);
  });
});
