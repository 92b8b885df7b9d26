import { startFixtureRegistry } from '../registry/fixture-registry';
import { pullImage } from './push-image';
import { RegistryClient } from './registry-client';

describe('RegistryClient', () => {
  it('names status and body of an unexpected response, and sends no password without a challenge', async () => {
    const registry = await startFixtureRegistry();
    const target = { url: registry.url, auth: { username: 'u', password: 'p' } };
    await expect(new RegistryClient(target).send('a/tags/list', [200])).rejects.toThrow(/status 404.*NAME_UNKNOWN/);
    expect(registry.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    await registry.close();
  });

  it('checks the digest of pulled content', async () => {
    const registry = await startFixtureRegistry();
    registry.faults.add({ kind: 'respond', status: 200, body: '{}', headers: { 'content-type': 'text/plain' } });
    const reference = `sha256:${'0'.repeat(64)}`;
    await expect(pullImage({ url: registry.url, repository: 'a', reference })).rejects.toThrow(`expected ${reference}`);
    await registry.close();
  });

  it('sends no Authorization to the target of a blob redirect', async () => {
    const user = { username: 'u', password: 'p' };
    const registry = await startFixtureRegistry({ auth: { mode: 'basic', accounts: [user] }, quirks: { blobRedirect: {} } });
    const client = new RegistryClient({ url: registry.url, auth: user });
    const digest = 'sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
    await client.send(`a/blobs/uploads/?digest=${digest}`, [201], { method: 'POST', body: Buffer.from('x') });
    expect((await client.send(`a/blobs/${digest}`, [200])).body.toString()).toBe('x');
    expect(registry.requests.filter(({ server }) => server === 'cdn')).toMatchObject([{ status: 200 }]);
    await registry.close();
  });
});
