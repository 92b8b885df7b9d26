import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { Transfer } from '../transfer/transfer';
import { type ClientExchange } from './proxy-exchange';
import { sendResponse } from './send-response';

const MIB = 1024 * 1024;

function upstreamOf(body: Readable): UpstreamResponse {
  return { status: 200, headers: {}, early: false, pipeTo: (sink) => pipeline(body, sink), readAll: jest.fn(), discard: jest.fn() };
}

/** A client that takes nothing until it is told to. */
class Unwilling extends Writable {
  readonly writeHead = jest.fn();
  go?: () => void;

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    this.go = done;
  }
}

function exchangeOf(response: Unwilling): ClientExchange {
  return { response: response as unknown as ServerResponse, transfer: new Transfer(() => 0) } as unknown as ClientExchange;
}

describe('sendResponse', () => {
  it('sends a body that is changed in chunks, with no length of another one', async () => {
    let bytesOut = 0;
    const server = createServer((request, response) => {
      const client = { request, response, transfer: new Transfer(() => 0) } as unknown as ClientExchange;
      const ours = (): Transform => new Transform({ transform: (_chunk, _encoding, done) => done(null, 'ours') });
      const headers = { 'content-length': '15', warning: ['299 - "one"', '299 - "two"'], absent: undefined };
      void sendResponse(client, upstreamOf(Readable.from([Buffer.from('of the registry')])), { headers, body: ours })?.then(
        () => (bytesOut = client.transfer.bytesOut),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [response] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage];
    const body = await response.setEncoding('utf8').toArray();
    server.close();
    const named = (name: string): (string | undefined)[] =>
      response.rawHeaders.filter((_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
    expect(named('content-length')).toEqual([]);
    expect(named('transfer-encoding')).toEqual(['chunked']);
    expect(named('warning')).toEqual(['299 - "one"', '299 - "two"']);
    expect(named('absent')).toEqual([]);
    expect({ body: body.join(''), bytesOut }).toEqual({ body: 'ours', bytesOut: 4 });
  });

  it('memory by one tenant: of 60 lists of 8 MiB that nobody reads, no more than some hundred KiB each are held', async () => {
    let read = 0;
    const piece = Buffer.alloc(64 * 1024);
    const clients = Array.from({ length: 60 }, () => {
      let left = 8 * MIB;
      const body = new Readable({
        read(): void {
          left -= piece.length;
          read += piece.length;
          this.push(left < 0 ? null : piece);
        },
      });
      const client = exchangeOf(new Unwilling());
      const sent = sendResponse(client, upstreamOf(body), { headers: {}, body: () => new PassThrough() })?.catch(() => 'cut');
      return { client, sent };
    });
    // Everything that is willing to take more has done so once the event loop has come round many times.
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBeGreaterThan(60 * piece.length);
    expect(read).toBeLessThan(60 * (MIB / 2));
    for (const { client } of clients) {
      client.transfer.cancel('client-aborted');
    }
    expect(new Set(await Promise.all(clients.map(async ({ sent }) => await sent)))).toEqual(new Set(['cut']));
  });

  it('ends when the client goes away although all of the body has come', async () => {
    const client = exchangeOf(new Unwilling({ highWaterMark: 1 }));
    const sent = sendResponse(client, upstreamOf(Readable.from([Buffer.alloc(1_000), Buffer.alloc(1_000)])), {
      headers: {},
      body: () => new PassThrough(),
    });
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.transfer.cancel('client-aborted');
    await expect(sent).rejects.toThrow('client-aborted');
  });
});
