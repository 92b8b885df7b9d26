import { startFixtureRegistry, type FixtureRegistryOptions } from '@oci-connector/testing-registry';
import { aCredential, aTarget } from '../../../test/diagnosis-fixture';
import { checkLogin } from './check-login';

const accounts = [{ username: 'ada', password: 'pw-fixture' }];

describe('the login of a registry', () => {
  it.each<[string, FixtureRegistryOptions]>([
    ['bearer', { auth: { mode: 'token', realm: 'same-origin', accounts } }],
    ['basic', { auth: { mode: 'basic', accounts } }],
    ['none', {}],
  ])('%s is found without sending the credential', async (scheme, options) => {
    const registry = await startFixtureRegistry(options);
    try {
      const target = aTarget(registry.origin, { credential: aCredential('ada', 'pw-fixture') });
      expect(await checkLogin(target)).toEqual({ finding: { outcome: 'passed' }, login: { scheme, sentTo: registry.origin } });
      expect(registry.requests.map(({ method, path, headers }) => [method, path, headers['authorization']])).toEqual([
        ['GET', '/v2/', undefined],
      ]);
    } finally {
      await registry.close();
    }
  });

  it('is not found when its token server is not trusted', async () => {
    const registry = await startFixtureRegistry({ auth: { mode: 'token', accounts } });
    try {
      const { finding, login } = await checkLogin(aTarget(registry.origin, { credential: aCredential('ada', 'pw-fixture') }));
      expect(finding).toMatchObject({ outcome: 'failed', reason: 'AuthRealmUntrusted' });
      expect(login).toBeUndefined();
    } finally {
      await registry.close();
    }
  });
});
