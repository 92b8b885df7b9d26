import { type AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { sendRequest } from './send-request';

/** Starts a server that responds with the received request. */
async function startEcho(): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end(JSON.stringify({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe('sendRequest', () => {
  it('sends the path as it is written', async () => {
    const { server, port } = await startEcho();
    for (const path of ['/v2/a/../b', '/v2//a/%2e%2E/b?x=%20&&y', '/']) {
      const { body } = await sendRequest(`http://127.0.0.1:${port}${path}`);
      expect(JSON.parse(body.toString())).toMatchObject({ url: path });
    }
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends a length with bytes, chunks with a stream, and the Host of the URL for any connection target', async () => {
    const { server, port } = await startEcho();
    const connectTo = { host: '127.0.0.1', port };
    const bytes = await sendRequest('http://registry.test/', { method: 'POST', body: 'abc', connectTo });
    expect(JSON.parse(bytes.body.toString())).toMatchObject({ body: 'abc', headers: { host: 'registry.test', 'content-length': '3' } });
    const stream = await sendRequest('http://registry.test:5000/', { method: 'POST', body: Readable.from(['a', 'bc']), connectTo });
    expect(JSON.parse(stream.body.toString())).toMatchObject({
      body: 'abc',
      headers: { host: 'registry.test:5000', 'transfer-encoding': 'chunked' },
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a URL that is not absolute', () => {
    expect(() => sendRequest('/v2/')).toThrow('/v2/');
  });
});
