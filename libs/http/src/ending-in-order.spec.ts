import { type Socket } from 'node:net';
import { TcpServer } from '@oci-connector/testing-kit';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { endingInOrder } from './ending-in-order';

const BODY = 'x'.repeat(1_000);

/** The result of a response whose reader pauses at every piece of the body, and never resumes. */
interface Outcome {
  readonly bytes: number;
  readonly end: 'complete' | Error;
}

type Ending = (socket: Socket) => void;

describe('a response whose connection the server closes while the reader is paused', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) {
      await close();
    }
  });

  /**
   * Starts a server that sends these bytes for the first request. When the reader has received a piece and paused, the
   * connection is closed.
   */
  async function read(
    response: string,
    { end = (socket) => socket.end(), pauses = true }: { end?: Ending; pauses?: boolean } = {},
  ): Promise<Outcome> {
    let connection: Socket | undefined;
    const server = await TcpServer.start((socket) => {
      connection = socket;
      socket.once('data', () => socket.write(response));
    });
    closing.push(() => server.close());
    const agent = new Agent({ connect: endingInOrder(buildConnector({})) });
    closing.push(() => agent.close());
    return dispatch(agent, `http://127.0.0.1:${server.port}`, { pauses, onData: () => connection && end(connection) });
  }

  function dispatch(agent: Agent, origin: string, { pauses, onData }: { pauses: boolean; onData: () => void }): Promise<Outcome> {
    return new Promise((resolve) => {
      let bytes = 0;
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: (controller, chunk) => {
          bytes += chunk.length;
          if (pauses) {
            controller.pause();
          }
          onData();
        },
        onResponseEnd: () => resolve({ bytes, end: 'complete' }),
        onResponseError: (_controller, end) => resolve({ bytes, end }),
      };
      agent.dispatch({ origin, path: '/', method: 'GET' }, handler);
    });
  }

  it.each([
    ['with the announced length', `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['until the connection ends', `Connection: close\r\n\r\n${BODY}`],
  ])('is complete: %s', async (_what, rest) => {
    expect(await read(`HTTP/1.1 200 OK\r\n${rest}`)).toEqual({ bytes: BODY.length, end: 'complete' });
  });

  it.each([
    ['shorter than announced', `Content-Length: ${BODY.length + 1}\r\nConnection: close\r\n\r\n${BODY}`],
    ['in the middle of a chunked body', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}`],
    ['shorter than announced, on a persistent connection', `Content-Length: ${BODY.length + 1}\r\n\r\n${BODY}`],
  ])('fails: %s', async (_what, rest) => {
    const { bytes, end } = await read(`HTTP/1.1 200 OK\r\n${rest}`);
    expect(bytes).toBe(BODY.length);
    expect(end).toBeInstanceOf(Error);
  });

  it.each([
    ['with a length', `Content-Length: ${2 * BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['complete, but not read yet', `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['until the connection ends', `Connection: close\r\n\r\n${BODY}`],
    ['in chunks', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}`],
    ['on a persistent connection', `Content-Length: ${2 * BODY.length}\r\n\r\n${BODY}`],
  ])('fails when the connection is reset: %s', async (_what, rest) => {
    const { end } = await read(`HTTP/1.1 200 OK\r\n${rest}`, { end: (socket) => socket.resetAndDestroy() });
    expect(end).toHaveProperty('code', expect.stringMatching(/^ECONNRESET$|^UND_ERR_SOCKET$/));
  });

  it('fails when the connection, whose end would end the body, is reset while the body is read', async () => {
    const { end } = await read(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${BODY}`, {
      end: (socket) => socket.resetAndDestroy(),
      pauses: false,
    });
    expect(end).toHaveProperty('code', 'ECONNRESET');
  });
});
