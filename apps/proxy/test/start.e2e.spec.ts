import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { sendRequest } from '@oci-connector/testing-kit';
import { ProxyWorld } from './proxy-world';

describe('start', () => {
  let world: ProxyWorld;
  const other = createServer((_request, response) => response.end('other'));

  beforeAll(async () => {
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    world = await ProxyWorld.start();
  });

  afterAll(async () => {
    await world.close();
    other.close();
  });

  it('fails at once where a port is taken, without the delay of a shutdown, and leaves the port alone', async () => {
    const { port } = other.address() as AddressInfo;
    // Far longer than a test may take.
    await expect(world.addProxy({ httpPort: port, drainDelay: 600_000 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect((await sendRequest(`http://127.0.0.1:${port}/`)).body.toString()).toBe('other');
  });

  it('fails where the admin port is taken, and closes the ports for clients', async () => {
    const { port } = other.address() as AddressInfo;
    const free = await freePort();
    await expect(world.addProxy({ httpPort: free, adminPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(sendRequest(`http://127.0.0.1:${free}/v2/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
