import { createServer, type AddressInfo } from 'node:net';

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: actual } = server.address() as AddressInfo;
      server.close(() => resolve(actual));
    });
  });
}

/** Returns a TCP port of loopback that is free at this moment. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Returns this port if it is free, otherwise another free port. */
export function preferredPort(port: number): Promise<number> {
  return listenOnce(port).catch(freePort);
}
