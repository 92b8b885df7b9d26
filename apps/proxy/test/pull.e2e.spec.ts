import { anImage, type FixtureRegistry, pullImage, pushImage, startFixtureRegistry } from '@oci-connector/testing';
import { basic, prefix, ProxyWorld } from './proxy-world';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };

describe('pulling through the proxy', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  const image = anImage();

  beforeAll(async () => {
    world = await ProxyWorld.start();
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT] } });
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1', auth: ACCOUNT }, image);
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  it('pulls an image with nothing but a ServiceAccount token', async () => {
    const pulled = await pullImage({
      url: `http://127.0.0.1:${world.proxy.httpPort}`,
      repository: `${prefix().slice(4)}/team/app`,
      reference: 'v1',
      auth: { username: 'any', password: world.token('puller') },
    });
    expect(pulled.digest).toBe(image.digest);
  });

  it('answers the API version check 401 with the one challenge, and 200 with a token', async () => {
    const without = await world.send('/v2/', { as: null });
    expect(without.status).toBe(401);
    expect(without.headers['www-authenticate']).toBe('Basic realm="connectors"');
    const withToken = await world.send('/v2/', { as: 'stranger' });
    expect(withToken).toMatchObject({ status: 200 });
    expect(withToken.body.toString()).toBe('{}');
    expect(withToken.headers['docker-distribution-api-version']).toBe('registry/2.0');
    void basic;
  });
});
