import * as fc from 'fast-check';
import { type Challenge, parseChallenges } from './challenge';

describe('parseChallenges', () => {
  it.each<[string, string | string[] | undefined, Challenge[]]>([
    ['no header', undefined, []],
    ['an empty header (Harbor)', '', []],
    ['only separators', ' ,, ,', []],
    ['Basic', 'Basic realm="harbor"', [{ scheme: 'basic', parameters: { realm: 'harbor' } }]],
    ['a scheme alone', 'Negotiate', [{ scheme: 'negotiate', parameters: {} }]],
    [
      'Docker Hub',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:library/nginx:pull' },
        },
      ],
    ],
    [
      'a comma inside quotes',
      'Bearer scope="repository:a:pull,push"',
      [{ scheme: 'bearer', parameters: { scope: 'repository:a:pull,push' } }],
    ],
    ['a quoted pair', 'Basic realm="say \\"hi\\" \\\\ bye"', [{ scheme: 'basic', parameters: { realm: 'say "hi" \\ bye' } }]],
    [
      'token values and odd white space',
      'BEARER\tRealm = x ,  service= y',
      [{ scheme: 'bearer', parameters: { realm: 'x', service: 'y' } }],
    ],
    ['an empty value', 'Bearer realm="",service="s"', [{ scheme: 'bearer', parameters: { realm: '', service: 's' } }]],
    ['token68', 'Negotiate YII+/a==', [{ scheme: 'negotiate', parameters: {}, token68: 'YII+/a==' }]],
    [
      'several in one line (RFC 9110 §11.6.1)',
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\"", Negotiate',
      [
        { scheme: 'basic', parameters: { realm: 'simple' } },
        { scheme: 'newauth', parameters: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
        { scheme: 'negotiate', parameters: {} },
      ],
    ],
    [
      'token68 before another',
      'Negotiate abc=, Basic realm="x"',
      [
        { scheme: 'negotiate', parameters: {}, token68: 'abc=' },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    [
      'several lines',
      ['Bearer realm="r"', 'Basic realm="b"'],
      [
        { scheme: 'bearer', parameters: { realm: 'r' } },
        { scheme: 'basic', parameters: { realm: 'b' } },
      ],
    ],
    ['a repeated parameter: the first counts', 'Bearer realm="good",realm="evil"', [{ scheme: 'bearer', parameters: { realm: 'good' } }]],
    ['a missing comma', 'Bearer realm="r" service="s"', [{ scheme: 'bearer', parameters: { realm: 'r', service: 's' } }]],
    ['empty list elements', 'Bearer realm="r",,service="s",', [{ scheme: 'bearer', parameters: { realm: 'r', service: 's' } }]],
    ['an unterminated quote', 'Bearer service="s",realm="r', [{ scheme: 'bearer', parameters: { service: 's' } }]],
    ['garbage before', '"what", Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
    ['a parameter called __proto__', 'Bearer __proto__="x"', [{ scheme: 'bearer', parameters: Object.fromEntries([['__proto__', 'x']]) }]],
  ])('%s', (_name, header, expected) => {
    expect(parseChallenges(header)).toEqual(expected);
  });

  it('bounds the text and the challenges that it parses', () => {
    expect(parseChallenges(`Bearer x="${'a'.repeat(10_000)}"`)).toEqual([{ scheme: 'bearer', parameters: {} }]);
    expect(parseChallenges([`X ${'a'.repeat(9000)}`, 'Bearer realm="r"'])).not.toContainEqual({
      scheme: 'bearer',
      parameters: { realm: 'r' },
    });
    expect(parseChallenges('A, '.repeat(2000))).toHaveLength(16);
  });

  const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
  const quoted = fc.string({ unit: fc.constantFrom(...'abc ",\\=\t:/é'.split('')), maxLength: 20 });

  it('never throws and never takes long for any input', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('"', '\\', '=', ',', ' ', 'Bearer', 'realm="', '=='));
    fc.assert(
      fc.property(
        fc.array(
          fc.array(piece).map((pieces) => pieces.join('')),
          { maxLength: 4 },
        ),
        (lines) => {
          for (const challenge of parseChallenges(lines)) {
            expect(challenge.scheme).toBe(challenge.scheme.toLowerCase());
          }
        },
      ),
    );
  });

  it('reads every header that follows the grammar', () => {
    const challenge = fc.record({
      scheme: token,
      parameters: fc.uniqueArray(fc.tuple(token, quoted), { minLength: 1, maxLength: 4, selector: ([name]) => name.toLowerCase() }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), fc.constantFrom(', ', ',', ' ,\t'), (challenges, separator) => {
        const header = challenges
          .map(
            ({ scheme, parameters }) =>
              `${scheme} ${parameters.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`).join(separator)}`,
          )
          .join(separator);
        const expected = challenges.map(({ scheme, parameters }) => ({
          scheme: scheme.toLowerCase(),
          parameters: Object.fromEntries(parameters.map(([name, value]) => [name.toLowerCase(), value])),
        }));
        expect(parseChallenges(header)).toEqual(expected);
      }),
    );
  });
});
