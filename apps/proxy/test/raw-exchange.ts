import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

/** For a TLS connection: the authority of the certificate, and the host name that it has to contain. */
export interface OverTls {
  readonly ca: string;
  readonly servername: string;
}

/** Sends the lines of a head and a body unchanged, and returns all bytes that arrive until the connection closes. */
export function rawExchange(
  port: number,
  lines: readonly string[],
  { body = '', tls }: { body?: string; tls?: OverTls } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const send = (): boolean => socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
    const socket = tls ? connectTls({ port, host: '127.0.0.1', ...tls }, send) : connect(port, '127.0.0.1', send);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** Reads a paused connection to its end, about `bytesAtATime` bytes every 50 ms. Returns how many bytes arrived in total. */
export async function readSlowly(client: Socket, bytesAtATime: number): Promise<number> {
  // The kernel gives a connection larger buffers as soon as the client reads; most bytes have to stay in the proxy.
  await sleep(500);
  let total = 0;
  while (!client.readableEnded && !client.destroyed) {
    let taken = 0;
    while (taken < bytesAtATime) {
      const piece = client.read() as Buffer | null;
      if (!piece) {
        break;
      }
      taken += piece.length;
    }
    total += taken;
    await sleep(50);
  }
  return total;
}

/**
 * Repeats a request on a connection whose client does not read the responses. Sends 15 requests at a time, and the next 15 when the proxy
 * has written the responses to them.
 */
export async function requestWithoutReading(client: Socket, request: string, isOver: () => boolean | Promise<boolean>): Promise<void> {
  let [sent, finished] = [0, 0];
  const count = (message: unknown): void => {
    finished += (message as { socket: Socket }).socket.remotePort === client.localPort ? 1 : 0;
  };
  subscribe('http.server.response.finish', count);
  while (!(await isOver())) {
    if (finished === sent) {
      client.write(request.repeat(15));
      sent += 15;
    }
    for (let turn = 0; turn < 1_000 && finished < sent; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  unsubscribe('http.server.response.finish', count);
}

/** A list of tags that the proxy writes to the client in one piece, longer than the kernel buffers for a connection. */
export const LONG_LIST = Buffer.from(
  JSON.stringify({ name: 'app', tags: Array.from({ length: 80_000 }, (_, index) => String(index).padStart(100, 't')) }),
);

/** Answers with {@link LONG_LIST}. */
export function answerLongList(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': LONG_LIST.length }).end(LONG_LIST);
}
