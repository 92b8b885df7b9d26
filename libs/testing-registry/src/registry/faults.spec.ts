import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type ReceivedResponse, type SendOptions, sendRequest } from '@oci-connector/testing-kit';
import { aBlob } from '../builders/image.builder';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';

const content = Buffer.alloc(100_000, 'x');
const { digest } = aBlob(content);

let registry: FixtureRegistry;

beforeEach(async () => {
  registry = await startFixtureRegistry();
  await send(`a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: content });
  registry.clearRequests();
});
afterEach(() => registry.close());

function send(path: string, options?: SendOptions): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/${path}`, options);
}

/** Begins an upload that sends only `sent`, and never the rest. */
function halfAnUpload(sent: string): { status: Promise<number>; ended: Promise<Error>; abort: () => void } {
  const outgoing = request(`${registry.url}/v2/a/manifests/x`, { method: 'PUT', headers: { 'content-length': 1_000_000 } });
  const status = new Promise<number>((resolve) => outgoing.on('response', (response) => resolve(response.statusCode ?? 0)));
  const ended = new Promise<Error>((resolve) => outgoing.on('error', resolve));
  outgoing.write(sent);
  return { status, ended, abort: () => outgoing.destroy() };
}

describe('faults', () => {
  it('respond: the next N matching requests fail, and later ones succeed', async () => {
    const fault = registry.faults.add({
      kind: 'respond',
      times: 2,
      status: 503,
      headers: { 'retry-after': '3' },
      body: 'busy',
      match: { method: ['GET', 'HEAD'], path: /\/blobs\// },
    });
    expect((await send('')).status).toBe(200);
    for (let index = 0; index < 2; index += 1) {
      const response = await send(`a/blobs/${digest}`);
      expect([response.status, response.headers['retry-after'], response.body.toString()]).toEqual([503, '3', 'busy']);
    }
    expect((await send(`a/blobs/${digest}`)).status).toBe(200);
    expect(fault.hits).toBe(2);
  });

  it('matches by server, exact path and condition', async () => {
    registry.faults.add({ kind: 'respond', status: 500, match: { server: 'token' } });
    registry.faults.add({ kind: 'respond', status: 418, match: { path: '/v2/', when: ({ query }) => query === 'x=1' } });
    expect((await send('')).status).toBe(200);
    expect((await send('?x=1')).status).toBe(418);
    expect((await sendRequest(`${registry.tokenOrigin}/service/token`)).status).toBe(500);
    registry.faults.add({ kind: 'respond', status: 500 });
    registry.faults.clear();
    expect((await send('')).status).toBe(200);
  });

  it('respond: the registry reads the body first, and stores nothing', async () => {
    registry.faults.add({ kind: 'respond', status: 500 });
    await send(`b/blobs/uploads/?digest=${digest}`, { method: 'POST', body: content });
    expect(registry.requests).toMatchObject([{ bodyBytes: content.length, status: 500 }]);
    expect((await send(`b/blobs/${digest}`)).status).toBe(404);
  });

  it('reset: the registry sends no response', async () => {
    registry.faults.add({ kind: 'reset' });
    await expect(send('')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const entry = await registry.waitForRequest(({ finished }) => finished);
    expect([entry.aborted, entry.status]).toEqual([true, undefined]);
  });

  it('reset-body: the connection breaks during the response', async () => {
    registry.faults.add({ kind: 'reset-body', afterBytes: 1000 });
    const outgoing = request(`${registry.url}/v2/a/blobs/${digest}`);
    // The version of Node decides which of the two streams emits the error.
    outgoing.on('error', () => undefined);
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const broken = new Promise((resolve) => incoming.on('error', resolve));
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await expect(broken).resolves.toMatchObject({ code: 'ECONNRESET' });
    expect([incoming.statusCode, incoming.headers['content-length'], bytes]).toEqual([200, '100000', 1000]);
    await registry.waitForRequest(({ aborted, finished }) => aborted && finished);
  });

  it('reset-upload: the connection breaks while the client sends the body', async () => {
    registry.faults.add({ kind: 'reset-upload', afterBytes: 3 });
    const upload = halfAnUpload('abc');
    await expect(upload.ended).resolves.toMatchObject({ code: 'ECONNRESET' });
    await registry.waitForRequest(({ aborted, bodyBytes }) => aborted && bodyBytes === 3);
  });

  it('early-response: the response arrives while the client still sends, and the rest of the body is counted', async () => {
    registry.faults.add({ kind: 'early-response', status: 413, afterBytes: 2, body: 'too much' });
    const upload = halfAnUpload('ab');
    await expect(upload.status).resolves.toBe(413);
    const [entry] = registry.requests;
    expect(entry).toMatchObject({ finished: false, bodyBytes: 2, status: 413 });
    upload.abort();
    await registry.waitForRequest(({ finished, aborted }) => finished && aborted);
  });

  it('stop-reading: the registry reads only the first bytes, and sends no response', async () => {
    registry.faults.add({ kind: 'stop-reading', afterBytes: 10 });
    const outgoing = request(`${registry.url}/v2/a/manifests/x`, { method: 'PUT' });
    outgoing.on('error', () => undefined);
    // More than the socket buffers can store: 'drain' would be emitted only if the registry read it.
    let drained = false;
    outgoing.on('drain', () => (drained = true));
    outgoing.write(Buffer.alloc(64 * 1024 * 1024));
    const entry = await registry.waitForRequest(({ bodyBytes }) => bodyBytes >= 10);
    await send('');
    expect([entry.bodyBytes < 1_000_000, entry.status, drained]).toEqual([true, undefined, false]);
    outgoing.destroy();
  });

  it('hold: the request waits until it is released', async () => {
    const fault = registry.faults.add({ kind: 'hold' });
    let answered = false;
    const held = send('').then((response) => {
      answered = true;
      return response;
    });
    await registry.waitForRequest(({ path }) => path === '/v2/');
    await send('?second');
    expect(answered).toBe(false);
    fault.release();
    expect((await held).status).toBe(200);
  });

  it('hold: the request waits until the time has passed', async () => {
    registry.faults.add({ kind: 'hold', milliseconds: 5 });
    expect((await send('')).status).toBe(200);
  });

  it('hold: the request ends when the client closes the connection', async () => {
    registry.faults.add({ kind: 'hold' });
    const abort = new AbortController();
    const sent = send('', { signal: abort.signal });
    await registry.waitForRequest(({ path }) => path === '/v2/');
    abort.abort();
    await expect(sent).rejects.toThrow();
    await registry.waitForRequest(({ finished, aborted }) => finished && aborted);
  });

  it('slow-body: the whole body arrives in pieces', async () => {
    registry.faults.add({ kind: 'slow-body', chunkBytes: 40_000, milliseconds: 1 });
    expect((await send(`a/blobs/${digest}`)).body.equals(content)).toBe(true);
  });

  it('hang-after-headers: status and headers arrive, and no body', async () => {
    registry.faults.add({ kind: 'hang-after-headers' });
    const length = await new Promise<string | undefined>((resolve, reject) => {
      const outgoing = request(`${registry.url}/v2/a/blobs/${digest}`, (incoming) => {
        incoming.on('error', () => undefined);
        incoming.once('data', () => reject(new Error('a body arrived')));
        void send('').then(() => {
          resolve(incoming.headers['content-length']);
          outgoing.destroy();
        });
      });
      outgoing.on('error', () => undefined);
      outgoing.end();
    });
    expect(length).toBe('100000');
    await registry.waitForRequest(({ finished, aborted }) => finished && aborted);
  });

  it('close ends requests that are held', async () => {
    registry.faults.add({ kind: 'stop-reading', afterBytes: 1, times: Infinity });
    const upload = halfAnUpload('abc');
    await registry.waitForRequest(({ bodyBytes }) => bodyBytes > 0);
    await registry.close();
    await expect(upload.ended).resolves.toMatchObject({ code: 'ECONNRESET' });
  });
});
