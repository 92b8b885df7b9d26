import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { systemClock } from '@oci-connector/clock';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { REVERSE_LOGIN } from '../naming/client-login';
import { type AccessLog } from '../observability/access-log';
import { type AccessRecord } from '../observability/access-record';
import { type ProxyMetrics } from '../observability/proxy-metrics';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { ProxyError } from '../proxy.errors';
import { Transfers } from '../transfer/transfers';
import { type RequestCircumstances, ServeRequest } from './serve-request';

describe('ServeRequest', () => {
  let server: Server;
  let serve: ServeRequest;
  let transfers: Transfers;
  let handle: (client: ClientExchange) => Promise<void>;
  /** The calls of the access log, one for each finished request. */
  let finished: (AccessRecord & { readonly status?: number; readonly reason?: string })[];
  let url: string;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    finished = [];
    transfers = new Transfers(60_000);
    const observer = {
      finished: ((record, { cancelled }, { status }) => {
        finished.push({ ...record, status, reason: cancelled?.reason });
      }) as AccessLog['finished'],
    };
    serve = new ServeRequest({
      transfers,
      metrics: { finished: () => undefined, began: () => undefined, bodyBegan: () => undefined } as unknown as ProxyMetrics,
      accessLog: observer as unknown as AccessLog,
      now: () => systemClock.monotonic(),
    });
    const circumstances = (incoming: IncomingMessage, sendContinue?: () => void): RequestCircumstances => ({
      way: { login: REVERSE_LOGIN, handle: (client) => handle(client) },
      incoming,
      sendContinue,
      authenticated: () => undefined,
    });
    server = createServer((request, response) => serve.serve(request, response, circumstances(request)));
    server.on('checkContinue', (request, response) =>
      serve.serve(
        request,
        response,
        circumstances(request, () => response.writeContinue()),
      ),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  });

  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    transfers.close();
  });

  function client(...lines: string[]): Socket {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    socket.write(lines.join('\r\n') + '\r\n\r\n');
    return socket;
  }

  const answer = ({ response }: ClientExchange): Promise<void> => {
    response.writeHead(200, { 'content-length': '2' });
    response.end('ok');
    return Promise.resolve();
  };

  it('ends the transfer and reports it only after the response was sent', async () => {
    const ended = jest.fn();
    handle = (exchange) => {
      exchange.transfer.atEnd(ended);
      expect([transfers.size, finished.length]).toEqual([1, 0]);
      return answer(exchange);
    };
    expect((await sendRequest(url)).status).toBe(200);
    await until(() => finished.length === 1);
    expect(finished).toMatchObject([{ method: 'GET', status: 200, reason: undefined }]);
    expect(finished[0]?.code).toBeUndefined();
    expect([transfers.size, ended.mock.calls.length]).toEqual([0, 1]);
  });

  it.each([
    ['an error of a step', new ProxyError('ConnectorNotFound', 'there is none'), 404, 'ConnectorNotFound'],
    ['another error, whose message it hides from the client', new Error('secret inner words'), 500, 'Internal'],
  ])('answers and reports %s', async (_what, error, status, code) => {
    handle = () => Promise.reject(error);
    const response = await sendRequest(url);
    expect(response.status).toBe(status);
    expect(response.body.toString()).not.toContain('secret');
    await until(() => finished.length === 1);
    expect(finished).toMatchObject([{ status, code }]);
  });

  it('closes the connection when a step fails after the response has begun, and reports it as truncated', async () => {
    handle = ({ response }) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', 'latin1');
      return Promise.reject(new Error('broken off'));
    };
    await expect(sendRequest(url)).rejects.toThrow();
    await until(() => finished.length === 1);
    expect(finished).toMatchObject([{ status: 200, truncated: true, code: 'Internal', reason: undefined }]);
  });

  it('cancels the transfer when the client disconnects, and reports it once the pipeline has ended too', async () => {
    let cancelled: Error | undefined;
    let arrived = false;
    let release = (): void => undefined;
    handle = async ({ transfer }) => {
      arrived = true;
      transfer.onCancel((reason) => (cancelled = reason));
      await new Promise<void>((resolve) => (release = resolve));
    };
    const socket = client('GET /x HTTP/1.1', 'Host: a');
    await until(() => arrived);
    socket.destroy();
    await until(() => cancelled !== undefined);
    expect([finished.length, transfers.size]).toEqual([0, 1]);
    release();
    await until(() => finished.length === 1);
    expect(finished).toMatchObject([{ reason: 'client-aborted', status: undefined }]);
    expect(transfers.size).toBe(0);
  });

  it('ends all waiting requests of a connection when the connection closes', async () => {
    const begun: string[] = [];
    handle = ({ request, transfer }) => {
      begun.push(request.url ?? '');
      return new Promise((resolve) => transfer.onCancel(() => resolve()));
    };
    const socket = client('GET /1 HTTP/1.1', 'Host: a', '', 'GET /2 HTTP/1.1', 'Host: a', '', 'GET /3 HTTP/1.1', 'Host: a');
    await until(() => begun.length === 3);
    socket.destroy();
    await until(() => finished.length === 3);
    expect(finished.map(({ reason }) => reason)).toEqual(Array(3).fill('client-aborted'));
    expect(transfers.size).toBe(0);
  });

  it('answers a malformed request without the pipeline, and serves no later request on its connection (rule C8)', async () => {
    handle = jest.fn(answer);
    let connection: Socket | undefined;
    server.once('connection', (socket: Socket) => (connection = socket));
    const socket = client('GET /a#b HTTP/1.1', 'Host: a');
    const received = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
    expect(received).toMatch(/^HTTP\/1\.1 400 .*"code":/s);
    expect(handle).not.toHaveBeenCalled();
    expect(connection && serve.isClosing(connection)).toBe(true);
    await until(() => finished.length === 1);
    expect(finished).toMatchObject([{ code: 'RequestMalformed', status: 400 }]);
  });

  it.each([
    ['waiting', ['Expect: 100-continue'], /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/],
    ['not waiting', [], /^HTTP\/1\.1 200 OK/],
  ])('sends 100 Continue once, and only to a client that waits for it: %s', async (_what, headers, expected) => {
    handle = async (exchange) => {
      exchange.continueBody();
      exchange.continueBody();
      const { incoming } = exchange;
      if (!incoming) {
        throw new Error('the request has no body');
      }
      await once(incoming.resume(), 'end');
      await answer(exchange);
    };
    const socket = client('PUT /x HTTP/1.1', 'Host: a', 'Connection: close', 'Content-Length: 2', ...headers);
    socket.write('hi');
    const received = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
    expect(received).toMatch(expected);
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(headers.length + 1);
  });

  it('closes the connection after refusing a request with a long body', async () => {
    handle = () => Promise.reject(new ProxyError('PermissionDenied', 'no'));
    const length = (bytes: number): string[] => ['PUT /x HTTP/1.1', 'Host: a', `Content-Length: ${bytes}`];
    const [head] = (await once(client(...length(64 * 1024 + 1)), 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 403 [^]*connection: close/i);
    const [short] = (await once(client(...length(10)), 'data')) as [Buffer];
    expect(short.toString()).toMatch(/^HTTP\/1\.1 403 /);
    expect(short.toString()).not.toMatch(/connection: close/i);
  });
});
