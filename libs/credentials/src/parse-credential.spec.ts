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
    if (error instanceof CredentialError) {
      return error;
    }
    throw error;
  }
  throw new Error('it did not fail');
}

describe('a Secret with username and password', () => {
  it.each([SecretType.DistributionRegistryToken, SecretType.BasicAuth])('of type %s is read', (type) => {
    const credential = parseCredential(secret(type, { username: 'robot$a+b', password: 'p:ä ß' }), { host: 'r.example' });
    expect(credential.username).toBe('robot$a+b');
    expect(credential.password.reveal()).toBe('p:ä ß');
    expect(credential.identityToken).toBeUndefined();
  });

  it('has a revision that depends on the content, not the resourceVersion: a metadata-only write does not change it', () => {
    const revision = (values: Record<string, string>, metadata: object = {}): string => {
      const object = secret(SecretType.BasicAuth, values);
      return parseCredential({ ...object, metadata: { ...object.metadata, ...metadata } }, { host: 'r.example' }).revision;
    };
    const first = revision({ username: 'a', password: 'hush' });
    expect(revision({ username: 'a', password: 'hush', note: 'x' }, { resourceVersion: '43', uid: 'u-2' })).toBe(first);
    expect(revision({ username: 'a', password: 'hush!' })).not.toBe(first);
    expect(revision({ username: 'b', password: 'hush' })).not.toBe(first);
    expect(first).not.toContain('hush');
  });

  it('may have a password of several lines, like Google’s keys', () => {
    const password = '{\n\t"type": "service_account",\r\n\t"private_key": "-"\n}';
    expect(
      parseCredential(secret(SecretType.BasicAuth, { username: '_json_key', password }), { host: 'r.example' }).password.reveal(),
    ).toBe(password);
    const auth = base64(`_json_key:${password}`);
    expect(parseCredential(dockerConfig({ 'r.example': { auth } }), { host: 'r.example' }).password.reveal()).toBe(password);
  });

  it('of a type that only the class declares is read by the same keys', () => {
    const own = secret('example.com/token', { username: 'a', password: 'b' });
    expect(parseCredential(own, { host: 'r.example', allowedType: 'example.com/token' }).username).toBe('a');
  });

  it.each<[string, SecretObject, string | undefined, string, RegExp]>([
    [
      'another type than the class requires',
      secret(SecretType.BasicAuth, {}),
      SecretType.DockerConfigJson,
      'SecretTypeMismatch',
      /"login" has type "kubernetes.io\/basic-auth", .* requires "kubernetes.io\/dockerconfigjson"/,
    ],
    ['an unknown type without a class', secret('Opaque', {}), undefined, 'SecretTypeMismatch', /has type "Opaque"; use one of/],
    ['no type at all', secret(undefined, {}), undefined, 'SecretTypeMismatch', /has type "Opaque"/],
    ['a type named like a property of every object', secret('constructor', {}), undefined, 'SecretTypeMismatch', /has type "constructor"/],
    ['no username', secret(SecretType.BasicAuth, { password: 'b' }), undefined, 'SecretKeyMissing', /"login" has no key "username"/],
    ['no password', secret(SecretType.BasicAuth, { username: 'a' }), undefined, 'SecretKeyMissing', /no key "password"/],
    [
      'an empty password',
      secret(SecretType.BasicAuth, { username: 'a', password: '' }),
      undefined,
      'SecretKeyMissing',
      /empty value under the key "password"/,
    ],
    [
      'a password with a line break',
      secret(SecretType.BasicAuth, { username: 'a', password: 'hush\n' }),
      undefined,
      'SecretInvalid',
      /key "password" contains a control character, or a line break at its end/,
    ],
    [
      'a password that is too long for a request',
      secret(SecretType.BasicAuth, { username: 'a', password: 'hush'.repeat(10_000) }),
      undefined,
      'SecretInvalid',
      /key "password" has more than 32768 characters/,
    ],
    [
      'another control character in the password',
      secret(SecretType.BasicAuth, { username: 'a', password: 'hu\0sh' }),
      undefined,
      'SecretInvalid',
      /key "password" contains a control character/,
    ],
    [
      'a line break in the username',
      secret(SecretType.BasicAuth, { username: 'a\nb', password: 'hush' }),
      undefined,
      'SecretInvalid',
      /key "username" contains a control character/,
    ],
    [
      'a username with a colon',
      secret(SecretType.BasicAuth, { username: 'a:b', password: 'hush' }),
      undefined,
      'SecretInvalid',
      /key "username" contains a colon/,
    ],
    [
      'bytes that are not UTF-8',
      secret(SecretType.BasicAuth, { username: 'a', password: Buffer.from([0xff, 0xfe]) }),
      undefined,
      'SecretInvalid',
      /"password" is not text/,
    ],
    [
      'a value that is not base64',
      { ...secret(SecretType.BasicAuth, {}), data: { username: '*', password: 'aGk=' } },
      undefined,
      'SecretInvalid',
      /"username" is not text/,
    ],
  ])('with %s is refused', (_, object, allowedType, code, message) => {
    const error = failure(() => parseCredential(object, { host: 'r.example', allowedType }));
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.message).toMatch(message);
    expect(inspect(error, { depth: 9 })).not.toContain('hush');
  });
});
