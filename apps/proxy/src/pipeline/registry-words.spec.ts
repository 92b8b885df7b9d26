import { Sensitive } from '@oci-connector/sensitive';
import { printableWords } from './registry-words';

const words = (body: unknown, ...secrets: string[]): string | undefined =>
  printableWords(
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    secrets.map((secret) => new Sensitive(secret)),
  );
const said = (message: string): { errors: { code: string; message: string }[] } => ({ errors: [{ code: 'DENIED', message }] });

describe('printableWords', () => {
  it.each<[string, unknown, string | undefined]>([
    ['the error body of the specification', said('no right to org/app, action: push'), 'no right to org/app, action: push'],
    ['several errors', { errors: [{ message: 'a' }, { message: 'b' }, null, { message: 'd' }] }, 'a; b'],
    ['a message alone', { message: 'no' }, 'no'],
    ['an OAuth error', { error: 'invalid_scope' }, 'invalid_scope'],
    ['plain text', 'access denied\n', 'access denied'],
    ['an HTML page', '<html><body>401</body></html>', undefined],
    ['an empty body', '', undefined],
    ['JSON without a message', { errors: [{ code: 'DENIED' }] }, undefined],
    ['a message of another type', { errors: [{ message: { a: 1 } }] }, undefined],
    ['truncated JSON', '{"errors":[{"message":"x', undefined],
    ['a list', ['x'], undefined],
  ])('reads the message of %s', (_name, body, expected) => {
    expect(words(body)).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['line breaks and control characters', 'a\r\nb\u0000c\u001b[31md', 'a b c [31md'],
    ['bidirectional and invisible characters', 'a\u202Eb\u2066c\u200bd\ufeffe\u00adf', 'a b c d e f'],
    ['line separators', 'a\u2028b\u2029c', 'a b c'],
    ['the query of a URL', 'see https://r.example/api/app?sig=abc#x now', 'see https://r.example/api/app?[…] now'],
    ['user info', 'see https://user:pw@r.example/x', 'see https://r.example/x'],
    ['the query of a path', 'GET /api/app?token=abc', 'GET /api/app?[…]'],
    ['an Authorization', 'got Bearer abc and Basic dXNlcg==', 'got Bearer […] and Basic […]'],
    ['a named secret', 'password=abc token:abc "secret":"abc"', 'password=[…] token:[…] "secret":[…]'],
    ['a JWT', `no ${['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N'].join('.')}`, 'no […]'],
    ['a long key', `no ${'0123456789abcdef'.repeat(3)}`, 'no […]'],
  ])('removes %s', (_name, message, expected) => {
    expect(words(said(message))).toBe(expected);
  });

  it.each([
    'unauthorized to access repository: team-a/some.long_name/with-many-parts/of-2026, action: pull',
    `unknown sha256:${'a1'.repeat(32)}`,
    'is this allowed?',
    'v1.2.3-rc.1+build.20260101',
  ])('leaves an ordinary message unchanged: %s', (message) => {
    expect(words(said(message))).toBe(message);
  });

  it.each([
    ['a password', 'user robot, password hunter two', 'hunter two'],
    ['a password with characters that JSON escapes', 'user robot, password a"b', 'a"b'],
    ['an Authorization without its scheme', 'cannot authenticate cm9ib3Q6aHVudGVy', 'Basic cm9ib3Q6aHVudGVy'],
    ['a password that is an ordinary word', 'unauthorized to access repository: team/app', 'access'],
  ])('returns undefined for a message that repeats %s', (_what, text, secret) => {
    expect(words(said(text), 'Bearer abc', secret)).toBeUndefined();
  });

  it('truncates after 300 whole characters', () => {
    const long = words(said('😀 '.repeat(1_000))) ?? '';
    expect([...long]).toHaveLength(301);
    expect(encodeURI(long)).toContain('%F0');
  });

  it('stays short for repetitive texts of 16 KB and more', () => {
    for (const piece of ['a.', '://', 'token', '@/', '?', '%&', '=:"', 'eyJ', '𐍈', '\u202e']) {
      expect(words(said(piece.repeat(8_000)))?.length ?? 0).toBeLessThan(700);
    }
  });
});
