import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns the address that listens on all addresses of the machine: `::`, which also accepts IPv4 connections, or `0.0.0.0` on a machine
 * without IPv6. Node.js chooses it by itself if no address is given, but Nest passes one.
 */
export async function anyAddress(preferred = '::'): Promise<string> {
  const probe = createServer();
  try {
    await once(probe.listen({ host: preferred, port: 0 }), 'listening');
    return preferred;
  } catch {
    return '0.0.0.0';
  } finally {
    probe.close();
  }
}
