import { Sensitive } from '@oci-connector/sensitive';
import { Agent, request as httpRequest } from 'node:http';
import { type RegistryHttp, type RegistryHttpOptions, type RegistryHttpResponse, type UpstreamRegistry } from '../src/upstream-registry';
import { type ScriptedServer } from './scripted-server';

/** The test servers close no connection before they are closed themselves. */
const agent = new Agent({ keepAlive: true });

/** One request. */
export function sendRequest(method: string, url: URL, options: RegistryHttpOptions, body = ''): Promise<RegistryHttpResponse> {
  const headers = Object.entries(options.headers).map(
    ([name, value]) => [name, value instanceof Sensitive ? value.reveal() : value] as const,
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: Object.fromEntries(headers), signal: options.signal, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        const truncated = whole.length > options.maxBytes;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole.subarray(0, options.maxBytes), truncated });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The simplest implementation of RegistryHttp on loopback. */
export const loopbackHttp: RegistryHttp = {
  get: (url, options) => sendRequest('GET', url, options),
  post: (url, options) => sendRequest('POST', url, options, options.body.reveal()),
};

/** A connector's registry at a scripted server, with the credential robot:hunter2. */
export function anUpstreamRegistry(server: ScriptedServer, overrides: Partial<UpstreamRegistry> = {}): UpstreamRegistry {
  return {
    connectorUid: 'uid-1',
    credentialRevision: 'secret-1',
    scheme: 'http',
    host: '127.0.0.1',
    port: server.port,
    origin: server.origin,
    trustedRealms: [],
    credential: { username: 'robot', password: new Sensitive('hunter2') },
    http: loopbackHttp,
    ...overrides,
  };
}

/** The Authorization header of a login. */
export function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The Authorization header of the connector's login. */
export const BASIC = basicOf('robot', 'hunter2');
