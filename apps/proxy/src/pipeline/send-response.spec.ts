import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type UpstreamResponse } from '../transport/upstream-transport';
import { Transfer } from '../transport/transfer';
import { type ClientExchange } from './proxy-exchange';
import { sendResponse } from './send-response';

describe('sendResponse', () => {
  it('gives a body that is changed its own length, and no other beside it', async () => {
    const upstream: UpstreamResponse = {
      status: 200,
      headers: {},
      early: false,
      pipeTo: jest.fn(),
      readAll: async () => Buffer.from('of the registry'),
      discard: jest.fn(),
    };
    const server = createServer((request, response) => {
      const client = { request, response, transfer: new Transfer(() => 0) } as unknown as ClientExchange;
      void sendResponse(client, upstream, {
        headers: { 'content-length': '15', warning: ['299 - "one"', '299 - "two"'], absent: undefined },
        body: { maxBytes: 100, transform: () => Buffer.from('ours') },
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [response] = (await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response')) as [IncomingMessage];
    const body = await response.setEncoding('utf8').toArray();
    server.close();
    const named = (name: string): (string | undefined)[] => response.rawHeaders.filter((_value, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name);
    expect(named('content-length')).toEqual(['4']);
    expect(named('warning')).toEqual(['299 - "one"', '299 - "two"']);
    expect(named('absent')).toEqual([]);
    expect(body.join('')).toBe('ours');
  });
});
