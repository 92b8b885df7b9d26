import { type Socket } from 'node:net';
import { TcpServer } from '@oci-connector/testing-kit';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { endingInOrder } from './ending-in-order';

const BODY = 'x'.repeat(1_000);

/** What became of a response whose reader asked for a pause with every piece of the body, and never went on. */
interface Outcome {
  readonly bytes: number;
  readonly end: 'complete' | Error;
}

type Ending = (socket: Socket) => void;

describe('a response whose connection the server ends while the reader pauses', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) {
      await close();
    }
  });

  /** Answers with these bytes when the first request has come; when a piece of them has come, for which the reader pauses, the connection ends. */
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
    ['as long as it said', `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['until the connection ends', `Connection: close\r\n\r\n${BODY}`],
  ])('is complete: %s', async (_what, rest) => {
    expect(await read(`HTTP/1.1 200 OK\r\n${rest}`)).toEqual({ bytes: BODY.length, end: 'complete' });
  });

  it.each([
    ['shorter than it said', `Content-Length: ${BODY.length + 1}\r\nConnection: close\r\n\r\n${BODY}`],
    ['in the middle of its chunks', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}`],
    ['shorter than it said, on a connection that was to be kept', `Content-Length: ${BODY.length + 1}\r\n\r\n${BODY}`],
  ])('fails: %s', async (_what, rest) => {
    const { bytes, end } = await read(`HTTP/1.1 200 OK\r\n${rest}`);
    expect(bytes).toBe(BODY.length);
    expect(end).toBeInstanceOf(Error);
  });

  it.each([
    ['with a length', `Content-Length: ${2 * BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['whole, but before that was read', `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`],
    ['until the connection ends', `Connection: close\r\n\r\n${BODY}`],
    ['in chunks', `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}`],
    ['on a connection that was to be kept', `Content-Length: ${2 * BODY.length}\r\n\r\n${BODY}`],
  ])('fails when the connection is reset: %s', async (_what, rest) => {
    const { end } = await read(`HTTP/1.1 200 OK\r\n${rest}`, { end: (socket) => socket.resetAndDestroy() });
    expect(end).toHaveProperty('code', expect.stringMatching(/^ECONNRESET$|^UND_ERR_SOCKET$/));
  });

  it('fails when the connection is reset on which it was to end, while it is read', async () => {
    const { end } = await read(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${BODY}`, {
      end: (socket) => socket.resetAndDestroy(),
      pauses: false,
    });
    expect(end).toHaveProperty('code', 'ECONNRESET');
  });
});
