import { inspect } from 'node:util';
import { CredentialError } from './credential.errors';
import { parseCredential } from './parse-credential';
import { type SecretObject } from './secret-object';
import { SecretType } from './secret-type';

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');

function secret(type: string | undefined, values: Record<string, string | Buffer>): SecretObject {
  return {
    metadata: { name: 'login', namespace: 'team', uid: 'u-1', resourceVersion: '42' },
    type,
    data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)])),
  };
}

function dockerConfig(auths: unknown): SecretObject {
  return secret(SecretType.DockerConfigJson, { '.dockerconfigjson': JSON.stringify({ auths }) });
}

function failure(act: () => unknown): CredentialError {
  try {
    act();
  } catch (error) {
    if (error instanceof CredentialError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a Secret with username and password', () => {
  it.each([SecretType.DistributionRegistryToken, SecretType.BasicAuth])('of type %s gives the credential', (type) => {
    const credential = parseCredential(secret(type, { username: 'robot$a+b', password: 'p:ä ß' }), { host: 'r.example' });
    expect(credential.username).toBe('robot$a+b');
    expect(credential.password.reveal()).toBe('p:ä ß');
    expect(credential.identityToken).toBeUndefined();
    expect(credential.revision).toBe('u-1/42');
  });

  it('has a password of several lines, as Google’s keys have', () => {
    const password = '{\n\t"type": "service_account",\r\n\t"private_key": "-"\n}';
    expect(parseCredential(secret(SecretType.BasicAuth, { username: '_json_key', password }), { host: 'r.example' }).password.reveal()).toBe(password);
    const auth = base64(`_json_key:${password}`);
    expect(parseCredential(dockerConfig({ 'r.example': { auth } }), { host: 'r.example' }).password.reveal()).toBe(password);
  });

  it('of a type that only the class knows is read by the same keys', () => {
    const own = secret('example.com/token', { username: 'a', password: 'b' });
    expect(parseCredential(own, { host: 'r.example', allowedType: 'example.com/token' }).username).toBe('a');
  });

  it.each<[string, SecretObject, string | undefined, string, RegExp]>([
    ['another type than the class asks for', secret(SecretType.BasicAuth, {}), SecretType.DockerConfigJson, 'SecretTypeMismatch', /"login" has type "kubernetes.io\/basic-auth", .* asks for "kubernetes.io\/dockerconfigjson"/],
    ['a type that nobody asked for', secret('Opaque', {}), undefined, 'SecretTypeMismatch', /has type "Opaque"; use one of/],
    ['no type at all', secret(undefined, {}), undefined, 'SecretTypeMismatch', /has type "Opaque"/],
    ['a type named like a property of every object', secret('constructor', {}), undefined, 'SecretTypeMismatch', /has type "constructor"/],
    ['no username', secret(SecretType.BasicAuth, { password: 'b' }), undefined, 'SecretKeyMissing', /"login" has no key "username"/],
    ['no password', secret(SecretType.BasicAuth, { username: 'a' }), undefined, 'SecretKeyMissing', /no key "password"/],
    ['an empty password', secret(SecretType.BasicAuth, { username: 'a', password: '' }), undefined, 'SecretKeyMissing', /empty value under the key "password"/],
    ['a password with a line break', secret(SecretType.BasicAuth, { username: 'a', password: 'hush\n' }), undefined, 'SecretInvalid', /key "password" holds a control character, or a line break at its end/],
    ['a password that fits in no request', secret(SecretType.BasicAuth, { username: 'a', password: 'hush'.repeat(10_000) }), undefined, 'SecretInvalid', /key "password" has more than 32768 characters/],
    ['another control character in the password', secret(SecretType.BasicAuth, { username: 'a', password: 'hu\0sh' }), undefined, 'SecretInvalid', /key "password" holds a control character/],
    ['a line break in the username', secret(SecretType.BasicAuth, { username: 'a\nb', password: 'hush' }), undefined, 'SecretInvalid', /key "username" holds a control character/],
    ['a username with a colon', secret(SecretType.BasicAuth, { username: 'a:b', password: 'hush' }), undefined, 'SecretInvalid', /key "username" holds a colon/],
    ['bytes that are no text', secret(SecretType.BasicAuth, { username: 'a', password: Buffer.from([0xff, 0xfe]) }), undefined, 'SecretInvalid', /"password" is not text/],
    ['a value that is not base64', { ...secret(SecretType.BasicAuth, {}), data: { username: '*', password: 'aGk=' } }, undefined, 'SecretInvalid', /"username" is not text/],
  ])('with %s is refused', (_, object, allowedType, code, message) => {
    const error = failure(() => parseCredential(object, { host: 'r.example', allowedType }));
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
  });
});

describe('a docker configuration', () => {
  const entry = (name: string): object => ({ auth: base64(`${name}:pw-${name}`) });

  it.each<[string, Record<string, unknown>, string, number | undefined, string]>([
    ['its host', { 'r.example': entry('a'), other: entry('b') }, 'r.example', undefined, 'a'],
    ['its host rather than a URL of it', { 'https://r.example/v1/': entry('b'), 'r.example': entry('a') }, 'r.example', 443, 'a'],
    ['a URL of its host', { 'https://R.example/v2/': entry('a') }, 'r.example', 443, 'a'],
    ['its host and port', { 'r.example': entry('b'), 'r.example:5000': entry('a') }, 'r.example', 5000, 'a'],
    ['its host with a default port', { 'r.example:443': entry('a') }, 'r.example', undefined, 'a'],
    ['an IPv6 address', { '[::1]:5000': entry('a') }, '::1', 5000, 'a'],
    ['the name docker login writes for Docker Hub', { 'https://index.docker.io/v1/': entry('a') }, 'registry-1.docker.io', 443, 'a'],
    ['docker.io for Docker Hub', { 'docker.io': entry('a') }, 'registry-1.docker.io', 443, 'a'],
    ['the exact name before an alias', { 'docker.io': entry('b'), 'registry-1.docker.io': entry('a') }, 'registry-1.docker.io', 443, 'a'],
  ])('is looked up by %s', (_, auths, host, port, expected) => {
    const credential = parseCredential(dockerConfig(auths), { host, port });
    expect(credential.username).toBe(expected);
    expect(credential.password.reveal()).toBe(`pw-${expected}`);
  });

  it.each<[string, unknown, { username: string; password: string; identityToken?: string }]>([
    ['auth with colons in the password', { auth: base64('u:p:q') }, { username: 'u', password: 'p:q' }],
    ['auth padded with NUL, as docker writes it', { auth: base64('u:p\0\0') }, { username: 'u', password: 'p' }],
    ['username and password', { username: 'u', password: 'p' }, { username: 'u', password: 'p' }],
    ['auth before username', { auth: base64('u:p'), username: 'x', password: 'y' }, { username: 'u', password: 'p' }],
    ['an identity token', { auth: base64('<token>:'), identitytoken: 'it' }, { username: '<token>', password: '', identityToken: 'it' }],
  ])('reads %s', (_, value, expected) => {
    const credential = parseCredential(dockerConfig({ 'r.example': value }), { host: 'r.example' });
    expect({
      username: credential.username,
      password: credential.password.reveal(),
      identityToken: credential.identityToken?.reveal(),
    }).toEqual({ identityToken: undefined, ...expected });
  });

  it.each<[string, SecretObject, string, RegExp]>([
    ['no key', secret(SecretType.DockerConfigJson, {}), 'SecretKeyMissing', /no key ".dockerconfigjson"/],
    ['what is no JSON', secret(SecretType.DockerConfigJson, { '.dockerconfigjson': '{"auths": hush' }), 'SecretInvalid', /not a docker configuration/],
    ['no auths', secret(SecretType.DockerConfigJson, { '.dockerconfigjson': '{}' }), 'SecretInvalid', /not a docker configuration/],
    ['another host', dockerConfig({ 'hush.example': entry('a') }), 'DockerConfigHostMissing', /no entry for the registry r.example; add auths\["r.example"\]/],
    ['a host that only begins alike', dockerConfig({ 'r.example.evil': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['the host with another port', dockerConfig({ 'r.example:5000': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['one repository of the host', dockerConfig({ 'r.example/team': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['Docker Hub’s token server', dockerConfig({ 'auth.docker.io': entry('a') }), 'DockerConfigHostMissing', /no entry/],
    ['an entry that is no object', dockerConfig({ 'r.example': 'hush' }), 'SecretInvalid', /auths\["r.example"\] is not an object/],
    ['an empty entry', dockerConfig({ 'r.example': {} }), 'SecretKeyMissing', /neither "auth" nor/],
    ['auth without a colon', dockerConfig({ 'r.example': { auth: base64('hush') } }), 'SecretInvalid', /auth is not base64 of "user:password"/],
    ['auth that is no base64', dockerConfig({ 'r.example': { auth: 'hush!' } }), 'SecretInvalid', /auth is not base64/],
    // Takes minutes where each NUL is looked at for each NUL before it.
    ['much padding within the password', dockerConfig({ 'r.example': { auth: base64(`u:hush${'\0'.repeat(150_000)}a`) } }), 'SecretInvalid', /password has more than/],
    ['more than anybody needs', dockerConfig({ 'r.example': { auth: base64(`u:hush${'x'.repeat(200_000)}`) } }), 'SecretInvalid', /has more than 262144 characters; keep only/],
    ['a line break in the password', dockerConfig({ 'r.example': { auth: base64('u:hush\n') } }), 'SecretInvalid', /password holds a control character/],
  ])('with %s is refused', (_, object, code, message) => {
    const error = failure(() => parseCredential(object, { host: 'r.example' }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hush');
  });
});
