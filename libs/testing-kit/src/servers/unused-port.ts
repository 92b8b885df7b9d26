import { TcpServer } from './tcp-server';

/** Returns a port of 127.0.0.1 on which nothing listens: the port of a listener that was closed again. */
export async function unusedPort(): Promise<number> {
  const server = await TcpServer.start();
  const { port } = server;
  await server.close();
  return port;
}
