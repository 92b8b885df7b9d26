import { Sensitive } from '@oci-connector/sensitive';
import { request as httpRequest } from 'node:http';
import { type RegistryHttp, type RegistryHttpOptions, type RegistryHttpResponse, type UpstreamRegistry } from '../src/upstream-registry';
import { type ScriptedServer } from './scripted-server';

function send(method: string, url: URL, options: RegistryHttpOptions, body = ''): Promise<RegistryHttpResponse> {
  const headers = Object.entries(options.headers).map(
    ([name, value]) => [name, value instanceof Sensitive ? value.reveal() : value] as const,
  );
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: Object.fromEntries(headers), signal: options.signal, agent: false }, (response) => {
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

/** The plainest thing that keeps the contract of RegistryHttp on loopback. */
export const loopbackHttp: RegistryHttp = {
  get: (url, options) => send('GET', url, options),
  post: (url, options) => send('POST', url, options, options.body.reveal()),
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

/** `Basic robot:hunter2` as it goes over the wire. */
export const BASIC = `Basic ${Buffer.from('robot:hunter2').toString('base64')}`;
