import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { GivenResponse } from '../../test/given-response';
import { type ClientSink } from '../client/client-sink';
import { type BodyRewrite } from '../protocols/protocol';
import { Transfer } from '../transfer/transfer';
import { type ClientExchange } from './proxy-exchange';
import { sendResponse } from './send-response';

const MIB = 1024 * 1024;

/** Forwards the body unchanged. */
const unchanged: BodyRewrite = (next) => ({
  chunk: (piece) => next.chunk(piece),
  end: () => next.end(),
  fail: (error) => next.fail(error),
});

/** A client that reads nothing. */
class Unwilling extends Writable implements ClientSink {
  readonly socket = null;
  shouldKeepAlive = true;
  readonly writeHead = jest.fn();

  override _write(): void {}
}

function exchangeOf(response: ClientSink): ClientExchange {
  return { response, transfer: new Transfer(() => 0) } as unknown as ClientExchange;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('sendResponse', () => {
  it("sends a rewritten body in chunks, without the original body's length", async () => {
    let bytesOut = 0;
    const server = createServer((_request, response) => {
      const client = exchangeOf(response);
      const ours: BodyRewrite = (next) => ({ ...unchanged(next), chunk: () => next.chunk(Buffer.from('ours')) });
      const headers = { 'content-length': '15', warning: ['299 - "one"', '299 - "two"'], absent: undefined };
      const upstream = new GivenResponse(200, {}, Readable.from([Buffer.from('of the registry')]));
      void sendResponse(client, upstream, { headers, body: ours }).then(() => (bytesOut = client.transfer.bytesOut));
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

  it.each([
    ['unchanged', undefined],
    ['rewritten', unchanged],
  ])('memory by one tenant: of 60 unread lists of 8 MiB, at most 512 KiB each are buffered, %s', async (_how, body) => {
    let read = 0;
    const piece = Buffer.alloc(64 * 1024);
    const clients = Array.from({ length: 60 }, () => {
      let left = 8 * MIB;
      const source = new Readable({
        read(): void {
          left -= piece.length;
          read += piece.length;
          this.push(left < 0 ? null : piece);
        },
      });
      const upstream = new GivenResponse(200, {}, source);
      const sent = sendResponse(exchangeOf(new Unwilling()), upstream, { headers: {}, body }).catch((error: Error) => error.message);
      return { upstream, sent };
    });
    // After many turns of the event loop, no stream accepts more data.
    await turns(200);
    expect(read).toBeGreaterThan(60 * piece.length);
    expect(read).toBeLessThan(60 * (MIB / 2));
    for (const { upstream } of clients) {
      upstream.cancel(new Error('cut'));
    }
    expect(new Set(await Promise.all(clients.map(({ sent }) => sent)))).toEqual(new Set(['cut']));
  });

  it('closes the connection when the response arrived before the complete request body', async () => {
    const response = new Unwilling();
    const upstream = Object.assign(new GivenResponse(413), { early: true });
    await sendResponse(exchangeOf(response), upstream, { headers: { 'x-of': 'the registry' } });
    expect(response.writeHead).toHaveBeenCalledWith(413, ['x-of', 'the registry', 'connection', 'close']);
  });
});
