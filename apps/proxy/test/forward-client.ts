import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request as sendHttp, type RequestOptions } from 'node:http';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** The answer to CONNECT. */
export interface TunnelAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the body that arrived with the headers. */
  readonly body: string;
  readonly socket: Socket;
}

/** Sends CONNECT exactly as given, and resolves with the head of the answer. */
export async function openTunnel(socket: Socket, authority: string, headers: Readonly<Record<string, string>> = {}): Promise<TunnelAnswer> {
  const lines = Object.entries({ host: authority, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return readAnswer(socket);
}

/** Reads one head, and leaves what follows the answer for the next reader. */
export async function readAnswer(socket: Socket): Promise<TunnelAnswer> {
  let received = Buffer.alloc(0);
  while (!received.includes('\r\n\r\n')) {
    received = Buffer.concat([received, await nextPiece(socket, received)]);
  }
  const end = received.indexOf('\r\n\r\n');
  const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const [, status = '', reason = ''] = /^HTTP\/1\.1 (\d{3}) (.*)$/.exec(first) ?? [];
  const headers = Object.fromEntries(lines.map(headerOf));
  const length = Number(headers['content-length'] ?? 0);
  const rest = received.subarray(end + 4);
  if (rest.length > length) {
    socket.unshift(rest.subarray(length));
  }
  return { status: Number(status), reason, headers, body: rest.subarray(0, length).toString(), socket };
}

async function nextPiece(socket: Socket, received: Buffer): Promise<Buffer> {
  for (;;) {
    const piece = socket.read() as Buffer | null;
    if (piece) {
      return piece;
    }
    if (socket.readableEnded || socket.destroyed) {
      throw new Error(`the connection closed after ${JSON.stringify(received.toString('latin1'))}`);
    }
    await somethingHappens(socket);
  }
}

/** Resolves when there is something to read, or the connection has ended. */
async function somethingHappens(socket: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const events = ['readable', 'close', 'end'].map((event) => once(socket, event, { signal }).catch(() => undefined));
  await Promise.race(events).finally(() => over.abort());
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Connects to a port of this machine. */
export async function dial(port: number, options: Partial<TcpNetConnectOpts> = {}): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', ...options }).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Begins TLS inside of a tunnel, or of a connection to the https port. */
export async function startTls(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const secure = connectTls({ socket, ...options });
  await once(secure, 'secureConnect');
  secure.on('error', () => undefined);
  return secure;
}

export interface TunnelledResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const agents = new WeakMap<Socket, Agent>();

function agentOf(socket: Socket): Agent {
  const known = agents.get(socket);
  if (known) {
    return known;
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  agents.set(socket, agent);
  return agent;
}

/** Sends a request on an open connection, which remains open if both sides want that. */
export function sendOn(socket: Socket, options: RequestOptions & { readonly body?: string | Buffer }): Promise<TunnelledResponse> {
  const { body, ...rest } = options;
  const agent = agentOf(socket);
  return new Promise((resolve, reject) => {
    const outgoing = sendHttp({ agent, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
