import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The address that stands for all of this machine's: `::`, which takes connections over IPv4 as well, or `0.0.0.0` where there is no
 * IPv6. Node.js does so by itself when no address is given, but Fastify always gives one.
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
