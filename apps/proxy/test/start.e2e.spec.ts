import { LoopbackServer, sendRequest, unusedPort } from '@oci-connector/testing-kit';
import { ProxyWorld } from './proxy-world';

describe('start', () => {
  let world: ProxyWorld;
  let other: LoopbackServer;

  beforeAll(async () => {
    other = await LoopbackServer.start((_request, response) => response.end('other'));
    world = await ProxyWorld.start();
  });

  afterAll(async () => {
    await world.close();
    await other.close();
  });

  it('fails at once where a port is taken, without the delay of a shutdown, and leaves the port alone', async () => {
    const { port } = other;
    // Far longer than a test may take.
    await expect(world.addProxy({ httpPort: port, drainDelay: 600_000 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await sendRequest(`http://127.0.0.1:${port}/`)).body.toString()).toBe('other');
  });

  it('fails where the admin port is taken, and closes the ports for clients', async () => {
    const { port } = other;
    const free = await unusedPort();
    await expect(world.addProxy({ httpPort: free, adminPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(sendRequest(`http://127.0.0.1:${free}/v2/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
