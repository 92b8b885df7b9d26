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

  it('fails immediately if a port is in use, without the delay of a shutdown, and does not disturb its user', async () => {
    const { port } = other;
    // Much longer than a test may take.
    await expect(world.addProxy({ httpPort: port, drainDelay: 600_000 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await sendRequest(`http://127.0.0.1:${port}/`)).body.toString()).toBe('other');
  });

  it('fails if the admin port is in use, and closes the ports for clients', async () => {
    const { port } = other;
    const free = await unusedPort();
    await expect(world.addProxy({ httpPort: free, adminPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(sendRequest(`http://127.0.0.1:${free}/v2/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
