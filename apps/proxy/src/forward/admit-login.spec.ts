import { type ClientIdentity, formatKey, ReviewUnavailableError } from '@oci-connector/kube';
import { PROXY_LOGIN } from '../naming/client-login';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { AdmitLogin } from './admit-login';

const IDENTITY = { username: 'system:serviceaccount:team:puller' } as ClientIdentity;

describe('AdmitLogin', () => {
  let allowed: readonly string[];
  let reviewed: string[];

  const admission = new AdmitLogin({
    client: { identify: () => Promise.resolve(IDENTITY) },
    permission: {
      mayUse: (_identity, connector) => {
        reviewed.push(formatKey(connector));
        return Promise.resolve(allowed.includes(formatKey(connector)));
      },
    },
  });

  beforeEach(() => {
    allowed = [];
    reviewed = [];
  });

  function admit(pair: string | undefined, use = admission): ReturnType<AdmitLogin['admit']> {
    const headers = pair === undefined ? {} : { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
    return use.admit({ request: { headers, rawHeaders: [] }, login: PROXY_LOGIN } as unknown as ClientExchange);
  }

  it('admits with the Connectors that the client may use, in the order of the login', async () => {
    allowed = ['team/c', 'team/a'];
    const { identity, connectors, header } = await admit('team/a,team/b,team/c:token');
    expect([identity, connectors.map(formatKey)]).toEqual([IDENTITY, ['team/a', 'team/c']]);
    expect(header).toMatch(/^Basic /);
    expect(reviewed).toEqual(['team/a', 'team/b', 'team/c']);
  });

  it('refuses a client that may use none of them, and names them and the roles', async () => {
    await expect(admit('team/a,team/b:token')).rejects.toMatchObject({
      code: 'PermissionDenied',
      message: expect.stringMatching(/"a" in namespace "team", "b" in namespace "team"; bind it to .*connectors-puller/) as string,
    });
  });

  it.each(['any:token', 'team/a/b:token', ':token', '%2F:token'])('refuses the login %s, and asks about no permission', async (pair) => {
    await expect(admit(pair)).rejects.toMatchObject({ code: 'Unauthenticated', message: expect.stringContaining('https.proxy') as string });
    expect(reviewed).toEqual([]);
  });

  it('refuses a request without a login even if the token step would not', async () => {
    await expect(admit(undefined)).rejects.toMatchObject({ code: 'Unauthenticated' });
  });

  it('C10 fail-open: a permission that cannot be checked is none, also when another one was given', async () => {
    const failing = new AdmitLogin({
      client: { identify: () => Promise.resolve(IDENTITY) },
      permission: {
        mayUse: (_identity, { name }) => (name === 'a' ? Promise.resolve(true) : Promise.reject(new ReviewUnavailableError('no answer'))),
      },
    });
    await expect(admit('team/a,team/b:token', failing)).rejects.toBeInstanceOf(ReviewUnavailableError);
  });
});
