import { type Authorization, OciAuthError, type OciAuthorizer } from '@oci-connector/oci-auth';
import { ATTEMPT, exchangeOf, LOGIN, NONE, planOf, TOKEN } from '../../test/recovery';
import { type BasicLogin, type ChallengeLogin } from '../protocols/protocol';
import { ObtainAuthorization } from './obtain-authorization';
import { type Credentialed } from './proxy-exchange';

describe('ObtainAuthorization', () => {
  const authorizerOf = (parts: Partial<OciAuthorizer>): OciAuthorizer =>
    ({ begin: () => ATTEMPT, held: () => undefined, peek: () => undefined, ...parts }) as OciAuthorizer;
  const refusing = (code: 'CredentialRefused' | 'ScopeRefused' | 'RealmUntrusted'): Partial<OciAuthorizer> => ({
    authorize: ({ credentialRevision }) =>
      credentialRevision === 'two' ? Promise.resolve(TOKEN) : Promise.reject(new OciAuthError(code, 'no')),
  });
  const unchanged = { resolve: (exchange: unknown) => Promise.resolve(exchange as Credentialed) };
  const changed = { resolve: () => Promise.resolve(exchangeOf({ revision: 'two' })) };

  it('a read, and a write token is available', async () => {
    const login: ChallengeLogin = { ...LOGIN, writeScopes: [{ repository: 'a', actions: ['pull', 'push'] }] };
    const read: Authorization = { ...TOKEN };
    const write: Authorization = { ...TOKEN };
    const step = new ObtainAuthorization(authorizerOf({ held: () => write, peek: () => read }), unchanged);
    expect((await step.obtain(exchangeOf({ plan: { login } }))).authorization).toBe(write);
    expect((await step.obtain(exchangeOf({ plan: { login }, may: false }))).authorization).toBe(read);
  });

  it('the token server refuses the credential', async () => {
    const parts = authorizerOf(refusing('CredentialRefused'));
    expect((await new ObtainAuthorization(parts, changed).obtain(exchangeOf())).access.registry.credentialRevision).toBe('two');
    await expect(new ObtainAuthorization(parts, unchanged).obtain(exchangeOf())).rejects.toMatchObject({ code: 'CredentialRefused' });
    await expect(new ObtainAuthorization(authorizerOf(refusing('RealmUntrusted')), changed).obtain(exchangeOf())).rejects.toMatchObject({
      code: 'RealmUntrusted',
    });
  });

  it('the token server refuses the scope of a deletion', async () => {
    const narrowed = jest.fn(() => Promise.resolve(TOKEN));
    const step = new ObtainAuthorization(authorizerOf({ ...refusing('ScopeRefused'), narrowed }), unchanged);
    const bare = await step.obtain(exchangeOf({ plan: { method: 'DELETE' } }));
    expect(bare.authorization).toEqual(NONE);
    expect((await step.renew(bare, 'Bearer realm="x"')).authorization).toBe(TOKEN);
    await expect(step.obtain(exchangeOf())).rejects.toMatchObject({ code: 'ScopeRefused' });
  });

  it.each<[string, ChallengeLogin | BasicLogin]>([
    ['challenge', LOGIN],
    ['basic', { kind: 'basic' }],
  ])('the authorisation is refused, and the Secret has changed (%s)', async (_, login) => {
    const plan = { login, target: { ...planOf().target, sendCredential: login.kind === 'challenge' } };
    const rejected = jest.fn(() => Promise.resolve(TOKEN));
    const authorizer = authorizerOf({ ...refusing('CredentialRefused'), rejected });
    expect(
      (await new ObtainAuthorization(authorizer, changed).renew(exchangeOf({ plan }), undefined)).access.registry.credentialRevision,
    ).toBe('two');
    expect(rejected).not.toHaveBeenCalled();
  });
});
