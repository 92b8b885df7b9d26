import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectorClassSpec } from '@oci-connector/connector-api';
import { basic, type ClientName, ProxyWorld, type WorldOptions } from './proxy-world';

export const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };

/** What the service is to see of the account. */
export const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`;

export const BASE = '/namespaces/platform/connectors/service';

/** RFC 6455 §1.3. */
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** The head of an answer that accepts {@link KEY}. */
export const ACCEPTED = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n`;

/** A world with the Connector `service` of an HTTP service at the URL, whose class allows WebSocket to those who may `update`. */
export async function startWebSocketWorld(url: string, options: WorldOptions = {}): Promise<ProxyWorld> {
  const world = await ProxyWorld.start(options);
  applyService(world, { http: { upgrade: { verb: 'update' } } });
  await world.connect({ url }, { name: 'service', className: 'service', credential: ACCOUNT });
  return world;
}

/** Replaces the class of the Connector `service`. */
export function applyService(world: ProxyWorld, spec: Partial<ConnectorClassSpec>): void {
  world.applyClass('service', { protocol: 'http', livenessProbe: undefined, ...spec });
}

export interface RawWebSocketOptions {
  readonly as?: ClientName;
  readonly method?: string;
  readonly path?: string;
  readonly token?: string;
  /** Put over those of a good request, by name in lower case; undefined takes one away. */
  readonly headers?: Record<string, string | undefined>;
  /** Sent together with the head. */
  readonly early?: string;
}

/** A client's connection that keeps all that comes. */
export class RawClient {
  received = '';
  ended = false;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    socket.on('end', () => (this.ended = true));
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Asks the world's proxy for a WebSocket. */
  static async ask(world: ProxyWorld, options: RawWebSocketOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(world.proxy.httpPort);
    client.socket.write(handshake(world, options), 'latin1');
    return client;
  }

  /** Status, or 0 as long as there is none. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.received)?.[1] ?? 0);
  }

  get head(): string {
    return this.received.slice(0, this.received.indexOf('\r\n\r\n'));
  }

  get body(): string {
    return this.received.slice(this.received.indexOf('\r\n\r\n') + 4);
  }

  /** Resolves when the proxy has closed its side. */
  async closed(): Promise<this> {
    if (!this.ended && !this.socket.closed) {
      await Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
    }
    this.socket.destroy();
    return this;
  }
}

/** A request for a WebSocket as it stands on the wire. */
export function handshake(world: ProxyWorld, options: RawWebSocketOptions = {}): string {
  const { as = 'pusher', method = 'GET', path = `${BASE}/x`, token = world.token(as), early = '' } = options;
  const headers: Record<string, string | undefined> = {
    host: 'localhost',
    authorization: basic(token),
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': KEY,
    ...options.headers,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${early}`;
}
