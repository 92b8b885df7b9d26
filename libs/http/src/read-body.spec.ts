import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { readAtMost, readWhole } from './read-body';

const LIMIT = 10;

describe('a bounded body', () => {
  let server: Server;
  let agent: Agent;
  let answer: (response: ServerResponse) => void;
  let connections: number;

  beforeEach(async () => {
    connections = 0;
    server = createServer((_request, response) => answer(response)).on('connection', () => connections++);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    agent = new Agent({ connections: 1 });
  });

  afterEach(async () => {
    await agent.destroy();
    server.closeAllConnections();
    await once(server.close(), 'close');
  });

  async function bodyOf(answering: typeof answer): Promise<Dispatcher.ResponseData['body']> {
    answer = answering;
    const { port } = server.address() as AddressInfo;
    return (await request(`http://127.0.0.1:${port}`, { dispatcher: agent })).body;
  }

  it.each([
    ['nothing', ''],
    ['less than the limit', 'x'.repeat(LIMIT - 1)],
    ['as much as the limit', 'x'.repeat(LIMIT)],
  ])('of %s is read to its end, and the connection is kept', async (_what, content) => {
    expect(await readAtMost(await bodyOf((response) => response.end(content)), LIMIT)).toEqual({
      body: Buffer.from(content),
      truncated: false,
    });
    expect(await readWhole(await bodyOf((response) => response.end(content)), LIMIT)).toEqual(Buffer.from(content));
    expect(connections).toBe(1);
  });

  it('is counted in bytes, not characters', async () => {
    const content = '€'.repeat(4);
    expect(await readWhole(await bodyOf((response) => response.end(content)), LIMIT)).toBeUndefined();
    expect(await readWhole(await bodyOf((response) => response.end(content)), 12)).toEqual(Buffer.from(content));
  });

  it.each([
    ['one byte too long', (response: ServerResponse) => void response.end('x'.repeat(LIMIT + 1))],
    ['that never ends', (response: ServerResponse) => void response.write('x'.repeat(LIMIT + 1))],
    ['too long in pieces', (response: ServerResponse) => void (response.write('xxx'), response.write('x'.repeat(2 * LIMIT)))],
  ])('%s is truncated by readAtMost, and refused by readWhole', async (_what, answering) => {
    expect(await readAtMost(await bodyOf(answering), LIMIT)).toEqual({ body: Buffer.alloc(LIMIT, 'x'), truncated: true });
    expect(await readWhole(await bodyOf(answering), LIMIT)).toBeUndefined();
  });

  it.each([
    ['readAtMost', readAtMost],
    ['readWhole', readWhole],
  ])('closes the connection of a body that is too long: %s', async (_what, read) => {
    let closed: Promise<unknown> | undefined;
    const body = await bodyOf((response) => {
      closed = once(response, 'close');
      response.write('x'.repeat(LIMIT + 1));
    });
    await read(body, LIMIT);
    await closed;
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ['readAtMost', readAtMost],
    ['readWhole', readWhole],
  ])('rejects when the connection breaks within the limit: %s', async (_what, read) => {
    const body = await bodyOf((response) => {
      response.writeHead(200, { 'content-length': LIMIT });
      response.write('xx', () => response.destroy());
    });
    await expect(read(body, LIMIT)).rejects.toThrow();
  });
});
