import { type IncomingMessage, type ServerResponse } from 'node:http';
import { LoopbackServer, type ReceivedResponse, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { errorOf, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };

describe('a tenant with a registry of its own', () => {
  let world: ProxyWorld;
  let honest: FixtureRegistry;
  let hostile: LoopbackServer;
  let token: string;
  let answerToken: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    world = await ProxyWorld.start();
    token = world.token('puller');
    honest = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } });
    await world.connect(honest, { credential: ACCOUNT, trustedRealms: [honest.tokenOrigin] });
    hostile = await LoopbackServer.start((request, response) => {
      if (request.url?.startsWith('/token') === true) {
        return answerToken(request, response);
      }
      if (request.headers.authorization !== undefined) {
        return response.end('{}');
      }
      return response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${request.headers.host}/token",service="s"` }).end();
    });
    answerToken = (_request, response) => response.end('{"token":"short"}');
    await world.connect({ url: hostile.origin }, { name: 'hostile' });
  });

  afterAll(async () => {
    await world.close();
    await honest.close();
    await hostile.close();
  });

  const pull = (repository: string): Promise<ReceivedResponse> =>
    world.send(`${prefix('hostile')}/${repository}/manifests/v1`, { as: null, headers: { authorization: `Bearer ${token}` } });

  it('its long token responses take at most its share of memory, beyond which its own requests get 429', async () => {
    const held: ServerResponse[] = [];
    answerToken = (_request, response) => {
      response.write(`{"x":"${'x'.repeat(1_000_000)}"`);
      held.push(response);
    };
    const answers = Array.from({ length: 12 }, (_, index) => pull(`held/${index}`));
    const refused = await Promise.race(answers);
    expect({ status: refused.status, ...errorOf(refused), wait: refused.headers['retry-after'] }).toEqual({
      status: 429,
      code: 'TOOMANYREQUESTS',
      message: expect.stringContaining('too many long answers of this registry') as string,
      wait: '1',
    });
    // Other Connectors are served meanwhile.
    expect((await world.send(`${prefix()}/team/app/manifests/v1`)).status).toBe(404);
    await until(() => held.length === 12);
    for (const response of held) {
      response.end(',"token":"t"}');
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(8);
    // Ended responses no longer count towards the share.
    answerToken = (_request, response) => response.end('{"token":"short"}');
    expect((await pull('held/again')).status).toBe(200);
  });
});
