import { inspect } from 'node:util';
import { CredentialError } from './credential.errors';
import { parseCredential } from './parse-credential';
import { type SecretObject } from './secret-object';
import { SecretType } from './secret-type';

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

function secretOf(text: string | undefined): SecretObject {
  const data: Record<string, string> = text === undefined ? {} : { '.dockerconfigjson': base64(text) };
  return { metadata: { name: 'login', namespace: 'team', uid: 'u-1', resourceVersion: '42' }, type: SecretType.DockerConfigJson, data };
}

function dockerConfig(auths: unknown): SecretObject {
  return secretOf(JSON.stringify({ auths }));
}

function failure(act: () => unknown): CredentialError {
  try {
    act();
  } catch (error) {
    if (error instanceof CredentialError) {
      return error;
    }
    throw error;
  }
  throw new Error('it did not fail');
}

const entry = (name: string): object => ({ auth: base64(`${name}:pw-${name}`) });

/** The entry of every key has a user with the key's name. */
function keys(...names: string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, { username: name.replaceAll(':', ' '), password: 'p' }]));
}

/** `host[:port][/prefix]`, as `spec.address` without its scheme. */
function registry(address: string): { host: string; port?: number; pathPrefix: string } {
  const [, host = '', port, pathPrefix = ''] = /^(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/?(.*)$/.exec(address) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? undefined : Number(port), pathPrefix };
}

describe('a docker configuration is read as the kubelet reads an imagePullSecret', () => {
  // Rules: kubernetes, pkg/credentialprovider/keyring.go: Add, URLsMatch, Lookup. The third column is the key that is used.
  describe('which key', () => {
    it.each<[string, string[], string, string | undefined]>([
      ['the host', ['other.example', 'r.example'], 'r.example', 'r.example'],
      ['a scheme does not count', ['https://r.example'], 'r.example', 'https://r.example'],
      ['nor does http', ['http://r.example'], 'r.example', 'http://r.example'],
      ['nor a slash at the end', ['r.example/'], 'r.example/team', 'r.example/'],
      ['nor /v1/', ['https://r.example/v1/'], 'r.example', 'https://r.example/v1/'],
      ['nor /v2/', ['https://r.example/v2/'], 'r.example/team', 'https://r.example/v2/'],
      ['nor /v2 without a slash', ['https://r.example/v2'], 'r.example', 'https://r.example/v2'],
      ['nor a query', ['https://r.example/?a=b'], 'r.example', 'https://r.example/?a=b'],
      ['nor a user', ['https://u:p@r.example'], 'r.example', 'https://u:p@r.example'],
      ['a path after /v2/ counts', ['r.example/v2/team'], 'r.example/team', 'r.example/v2/team'],
      ['and refuses others', ['r.example/v2/team'], 'r.example/other', undefined],
      ['nor /v2/ in the address', ['r.example/team'], 'r.example/v2/team', 'r.example/team'],
      ['a path that the address begins with', ['r.example/team'], 'r.example/team/app', 'r.example/team'],
      ['a path that the address is', ['r.example/team'], 'r.example/team', 'r.example/team'],
      ['a path with a slash at its end', ['r.example/team/'], 'r.example/team', 'r.example/team/'],
      ['a path is a prefix of characters, not of segments', ['r.example/te'], 'r.example/team', 'r.example/te'],
      ['a longer path is for other images', ['r.example/team/app'], 'r.example/team', undefined],
      ['a path at a host without prefix', ['r.example/team'], 'r.example', undefined],
      ['another path', ['r.example/team'], 'r.example/other', undefined],
      ['a path counts with its case', ['r.example/Team'], 'r.example/team', undefined],
      ['the longer path first', ['r.example', 'r.example/team/app', 'r.example/team'], 'r.example/team/app', 'r.example/team/app'],
      ['also when another path sorts after it', ['r.example/zzz', 'r.example/a', 'r.example'], 'r.example/a', 'r.example/a'],
      ['a pattern', ['*.example'], 'r.example', '*.example'],
      ['a pattern within a label', ['r*t.example'], 'root.example', 'r*t.example'],
      ['a pattern may match nothing', ['r*.example'], 'r.example', 'r*.example'],
      ['several patterns', ['*.*.exam*le'], 'a.b.example', '*.*.exam*le'],
      ['a pattern does not match a dot', ['*.example'], 'a.b.example', undefined],
      ['nor for no label', ['*.r.example'], 'r.example', undefined],
      ['a pattern with a path', ['*.example/team'], 'r.example/team', '*.example/team'],
      ['a pattern with another path', ['*.example/team'], 'r.example/other', undefined],
      ['no patterns in paths', ['r.example/*'], 'r.example/team', undefined],
      ['a pattern with a port', ['*.example:5000'], 'r.example:5000', '*.example:5000'],
      ['no patterns in ports', ['r.example:*'], 'r.example:5000', undefined],
      ['a pattern without the port', ['*.example'], 'r.example:5000', undefined],
      ['a set of characters', ['r[0-9x].example'], 'r7.example', 'r[0-9x].example'],
      ['a set without the character', ['r[0-9x].example'], 'ra.example', undefined],
      ['a malformed set', ['r[0-.example', 'r[].example', 'r].example'], 'r0.example', undefined],
      ['the name before the pattern', ['*.example', 'r.example'], 'r.example', 'r.example'],
      ['the pattern of more before that of less', ['*.example', 'r*.example'], 'r.example', 'r*.example'],
      ['the pattern with the path before the pattern', ['*.example', '*.example/team'], 'r.example/team', '*.example/team'],
      // In byte order `*` is before every letter, so a name without a path has priority over a pattern with one.
      ['the name before a pattern with a path', ['*.example/team', 'r.example'], 'r.example/team', 'r.example'],
      ['its port', ['r.example', 'r.example:5000'], 'r.example:5000', 'r.example:5000'],
      ['no other port', ['r.example', 'r.example:5001'], 'r.example:5000', undefined],
      ['no port where the address has one', ['r.example'], 'r.example:5000', undefined],
      ['an IPv6 address', ['[::1]:5000'], '[::1]:5000', '[::1]:5000'],
      ['an IPv6 address is not a set of characters', ['[::1]'], '1', undefined],
      ['a host that only begins alike', ['r.example.evil'], 'r.example', undefined],
      ['a host that only ends alike', ['evil-r.example'], 'r.example', undefined],
      ['keys without a host', ['', '/', 'https://', 'https:///team', '?', '@'], 'r.example', undefined],
      ['Docker Hub by the key of docker login', ['https://index.docker.io/v1/'], 'registry-1.docker.io', 'https://index.docker.io/v1/'],
      ['Docker Hub by its usual name', ['docker.io'], 'registry-1.docker.io', 'docker.io'],
      ['Docker Hub with a path', ['docker.io/team'], 'registry-1.docker.io/team', 'docker.io/team'],
      ['Docker Hub by a pattern', ['*.docker.io'], 'registry-1.docker.io', '*.docker.io'],
      ['no token server of Docker Hub', ['auth.docker.io'], 'registry-1.docker.io', undefined],
      // More tolerant than the kubelet, which compares ports and letters exactly.
      ['the default port of https', ['r.example:443'], 'r.example', 'r.example:443'],
      ['the default port in the address', ['r.example'], 'r.example:443', 'r.example'],
      ['a host in capitals', ['https://R.Example'], 'r.example', 'https://R.Example'],
      ['the key as docker login writes it before its URL', ['https://r.example/v1/', 'r.example'], 'r.example', 'r.example'],
      [
        'the exact name of Docker Hub before an alias',
        ['docker.io', 'registry-1.docker.io'],
        'registry-1.docker.io',
        'registry-1.docker.io',
      ],
    ])('%s: of %j, %s uses %s', (_, names, address, expected) => {
      const read = (): string => parseCredential(dockerConfig(keys(...names)), registry(address)).username;
      if (expected === undefined) {
        expect(failure(read)).toMatchObject({ code: 'DockerConfigHostMissing' });
      } else {
        expect(read()).toBe(expected.replaceAll(':', ' '));
      }
    });

    it('reports that entries with a path are for other addresses', () => {
      const read = (): unknown => parseCredential(dockerConfig(keys('r.example/a', 'r.example/b')), registry('r.example/c'));
      expect(failure(read).message).toBe(
        'Secret "login": key ".dockerconfigjson" contains no entry for the registry r.example/c; add auths["r.example"], because its entries with a path count only for a Connector whose spec.address begins with that path',
      );
    });

    it('matches a pattern of many stars in bounded time', () => {
      const pattern = `${'*a'.repeat(120)}.example`;
      expect(
        failure(() =>
          parseCredential(
            dockerConfig(keys(...Array.from({ length: 200 }, (_, at) => `${pattern}/${at}`), pattern)),
            registry(`${'a'.repeat(63)}b.example`),
          ),
        ).code,
      ).toBe('DockerConfigHostMissing');
    });
  });

  // Rules: kubernetes, pkg/credentialprovider/config.go: UnmarshalJSON, decodeDockerConfigFieldAuth; Go's encoding/json and encoding/base64.
  describe('the content of an entry', () => {
    const unpadded = (text: string): string => base64(text).replace(/=+$/, '');
    it.each<[string, string, { username: string; password: string; identityToken?: string }]>([
      ['auth', JSON.stringify({ auth: base64('u:p') }), { username: 'u', password: 'p' }],
      ['auth with colons in the password', JSON.stringify({ auth: base64('u:p:q') }), { username: 'u', password: 'p:q' }],
      ['auth of one padding', JSON.stringify({ auth: base64('user:pw1234') }), { username: 'user', password: 'pw1234' }],
      ['auth without its one padding', JSON.stringify({ auth: unpadded('u:p12') }), { username: 'u', password: 'p12' }],
      ['auth without its two paddings', JSON.stringify({ auth: unpadded('u:p1') }), { username: 'u', password: 'p1' }],
      ['auth with a line break at its end', JSON.stringify({ auth: `${base64('u:p1')}\n` }), { username: 'u', password: 'p1' }],
      [
        'auth without padding and with a line break',
        JSON.stringify({ auth: `${unpadded('u:p1')}\r\n` }),
        { username: 'u', password: 'p1' },
      ],
      [
        'auth with line breaks in it',
        JSON.stringify({ auth: base64('user:password').replace(/(.{4})/g, '$1\n') }),
        { username: 'user', password: 'password' },
      ],
      ['auth with loose bits at its end', JSON.stringify({ auth: 'dTpwMR==' }), { username: 'u', password: 'p1' }],
      ['auth padded with NUL, as docker writes it', JSON.stringify({ auth: base64('u:p\0\0') }), { username: 'u', password: 'p' }],
      ['username and password', '{"username":"u","password":"p"}', { username: 'u', password: 'p' }],
      ['an empty auth with username and password', '{"auth":"","username":"u","password":"p"}', { username: 'u', password: 'p' }],
      ['a null auth with username and password', '{"auth":null,"username":"u","password":"p"}', { username: 'u', password: 'p' }],
      [
        'auth before username and password',
        JSON.stringify({ username: 'x', password: 'y', auth: base64('u:p') }),
        { username: 'u', password: 'p' },
      ],
      ['capitals', '{"Username":"u","Password":"p"}', { username: 'u', password: 'p' }],
      ['all capitals', '{"USERNAME":"u","PASSWORD":"p"}', { username: 'u', password: 'p' }],
      ['capitals of auth', JSON.stringify({ Auth: base64('u:p') }), { username: 'u', password: 'p' }],
      ['letters that fold, as Go folds them', '{"u\u017fername":"u","pa\u017f\u017fword":"p"}', { username: 'u', password: 'p' }],
      ['of duplicates the last', '{"username":"x","username":"u","password":"p"}', { username: 'u', password: 'p' }],
      [
        'of duplicates that differ by case the last',
        '{"username":"x","Username":"u","PASSWORD":"y","password":"p"}',
        { username: 'u', password: 'p' },
      ],
      ['of duplicates the last that is not null', '{"username":"u","Username":null,"password":"p"}', { username: 'u', password: 'p' }],
      [
        'unknown fields',
        '{"username":"u","password":"p","email":"e@example.com","registrytoken":"t","name":"n"}',
        { username: 'u', password: 'p' },
      ],
      // The kubelet ignores it; the docker client prefers it to the password.
      [
        'an identity token',
        JSON.stringify({ auth: base64('<token>:'), identitytoken: 'it' }),
        { username: '<token>', password: '', identityToken: 'it' },
      ],
      [
        'an identity token in capitals',
        JSON.stringify({ auth: base64('u:p'), IdentityToken: 'it' }),
        { username: 'u', password: 'p', identityToken: 'it' },
      ],
    ])('%s', (_, text, expected) => {
      const credential = parseCredential(secretOf(`{"auths":{"r.example":${text}}}`), { host: 'r.example' });
      const { username, password, identityToken } = credential;
      expect({ username, password: password.reveal(), identityToken: identityToken?.reveal() }).toEqual({
        identityToken: undefined,
        ...expected,
      });
    });

    it.each<[string, string]>([
      ['capitals of auths', JSON.stringify({ Auths: { 'r.example': entry('a') } })],
      ['several auths, which are one', JSON.stringify({ auths: { 'r.example': entry('a') }, AUTHS: { other: entry('b') } })],
      [
        'of entries of one name the last',
        `{"auths":{"r.example":${JSON.stringify(entry('b'))},"r.example":${JSON.stringify(entry('a'))}}}`,
      ],
      ['a null auths in addition to one', `{"auths":{"r.example":${JSON.stringify(entry('a'))}},"Auths":null}`],
      ['a name of every object', `{"auths":{"__proto__":{},"constructor":{},"r.example":${JSON.stringify(entry('a'))}}}`],
      ['a broken entry of another registry', `{"auths":{"other":7,"r.example":${JSON.stringify(entry('a'))}}}`],
      ['helpers of the docker client', JSON.stringify({ credsStore: 'desktop', credHelpers: {}, auths: { 'r.example': entry('a') } })],
    ])('%s', (_, text) => {
      expect(parseCredential(secretOf(text), { host: 'r.example' }).username).toBe('a');
    });
  });

  it.each<[string, SecretObject, string, RegExp]>([
    ['no key', secretOf(undefined), 'SecretKeyMissing', /no key ".dockerconfigjson"/],
    ['invalid JSON', secretOf('{"auths": hush'), 'SecretInvalid', /not a docker configuration/],
    ['no auths', secretOf('{}'), 'SecretInvalid', /not a docker configuration/],
    [
      'another host',
      dockerConfig({ 'hush.example': entry('a') }),
      'DockerConfigHostMissing',
      /no entry for the registry r.example; add auths\["r.example"\]/,
    ],
    ['a host that only begins alike', dockerConfig({ 'r.example.evil': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['the host with another port', dockerConfig({ 'r.example:5000': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['one repository of the host', dockerConfig({ 'r.example/team': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['Docker Hub’s token server', dockerConfig({ 'auth.docker.io': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['an entry that is not an object', dockerConfig({ 'r.example': 'hush' }), 'SecretInvalid', /auths\["r.example"\] is not an object/],
    ['an empty entry', dockerConfig({ 'r.example': {} }), 'SecretKeyMissing', /neither "auth" nor/],
    ['auths of a wrong type', dockerConfig([entry('hush')]), 'SecretInvalid', /not a docker configuration/],
    ['auths that are null', dockerConfig(null), 'SecretInvalid', /not a docker configuration/],
    [
      'a flat map, as kubernetes.io/dockercfg has it',
      secretOf(JSON.stringify({ 'r.example': entry('hush') })),
      'SecretInvalid',
      /not a docker configuration/,
    ],
    [
      'a number as password',
      dockerConfig({ 'r.example': { username: 'hush', password: 12345 } }),
      'SecretInvalid',
      /auths\["r.example"\].password is not a string/,
    ],
    [
      'a number as username in addition to an auth',
      dockerConfig({ 'r.example': { ...entry('hush'), username: 7 } }),
      'SecretInvalid',
      /username is not a string/,
    ],
    ['an object as auth', dockerConfig({ 'r.example': { auth: { hush: 1 } } }), 'SecretInvalid', /auth is not a string/],
    ['a username alone', dockerConfig({ 'r.example': { username: 'hush' } }), 'SecretKeyMissing', /neither "auth" nor/],
    [
      'auth without a password',
      dockerConfig({ 'r.example': { auth: base64('hush:') } }),
      'SecretKeyMissing',
      /has an "auth" without user name or password/,
    ],
    [
      'auth without a user name',
      dockerConfig({ 'r.example': { auth: base64(':hush') } }),
      'SecretKeyMissing',
      /has an "auth" without user name or password/,
    ],
    ['auth of the alphabet for URLs', dockerConfig({ 'r.example': { auth: 'dTo_Pz8_hush' } }), 'SecretInvalid', /auth is not base64/],
    ['auth with a space', dockerConfig({ 'r.example': { auth: `${base64('u:hush1')} ` } }), 'SecretInvalid', /auth is not base64/],
    [
      'auth with one padding of two',
      dockerConfig({ 'r.example': { auth: base64('u:hu').replace('==', '=') } }),
      'SecretInvalid',
      /auth is not base64/,
    ],
    [
      'auth with a letter too many',
      dockerConfig({ 'r.example': { auth: `${base64('u:hush1')}A` } }),
      'SecretInvalid',
      /auth is not base64/,
    ],
    [
      'auth without a colon',
      dockerConfig({ 'r.example': { auth: base64('hush') } }),
      'SecretInvalid',
      /auth is not base64 of "user:password"/,
    ],
    ['auth that is not base64', dockerConfig({ 'r.example': { auth: 'hush!' } }), 'SecretInvalid', /auth is not base64/],
    // Takes minutes in quadratic time.
    [
      'much padding within the password',
      dockerConfig({ 'r.example': { auth: base64(`u:hush${'\0'.repeat(150_000)}a`) } }),
      'SecretInvalid',
      /password has more than/,
    ],
    [
      'a text that is too long',
      dockerConfig({ 'r.example': { auth: base64(`u:hush${'x'.repeat(200_000)}`) } }),
      'SecretInvalid',
      /has more than 262144 characters; keep only/,
    ],
    [
      'a line break in the password',
      dockerConfig({ 'r.example': { auth: base64('u:hush\n') } }),
      'SecretInvalid',
      /password contains a control character/,
    ],
  ])('with %s is refused', (_, object, code, message) => {
    const error = failure(() => parseCredential(object, { host: 'r.example' }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hush');
  });
});
