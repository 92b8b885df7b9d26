import { isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { type Clock } from '@oci-connector/clock';
import { type ConnectorSpec } from '@oci-connector/connector-api';
import { sendRequest, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { type FixtureRegistry, type FixtureRegistryOptions, startFixtureRegistry } from '@oci-connector/testing-registry';
import { dial, openTunnel, readAnswer, sendOn, startTls, type TunnelAnswer, type TunnelledResponse } from './forward-client';
import { type ClientName, CONNECTORS, ProxyWorld, type WorldOptions } from './proxy-world';

/** The account of the Connectors at their registries. */
export const LOGIN = { username: 'robot', password: 'correct-horse-battery' };
export const ACCOUNT = { ...LOGIN, grants: { '*': ['pull', 'push', 'delete'] } } as const;

/** A name of the proxy that its https port has a certificate for. */
const PROXY_NAME = 'connectors-proxy-service.connectors-system.svc';

/** The ports of the proxy, which serve the same. */
export const PORTS = ['http', 'https'] as const;
export type PortName = (typeof PORTS)[number];

/** The login of a client of the forward proxy. */
export interface Login {
  readonly as?: ClientName;
  /** The user name; by default the Connector `registry`. */
  readonly user?: string;
  readonly token?: string;
}

/** The type of the options of `sendOn`. */
type Sent = Parameters<typeof sendOn>[1];

/** A proxy that is used as a forward proxy. Host names lead to where {@link names} says, and nowhere else. */
export class ForwardWorld {
  /** The addresses of host names. */
  readonly names: Record<string, readonly string[] | undefined> = {};
  /** The host names that the proxy looked up for its clients. */
  readonly lookups: string[] = [];
  /** Can delay the answer to a lookup. */
  beforeAnswer: (host: string) => Promise<void> | undefined = () => undefined;
  /** Ports of relays in front of the proxy's ports, through which clients connect. */
  readonly relays: Partial<Record<PortName, number>> = {};
  readonly #sockets: Socket[] = [];
  readonly #registries: FixtureRegistry[] = [];
  #world?: ProxyWorld;

  private constructor(readonly registryCa: TestCertificateAuthority) {}

  static async start(settings: WorldOptions['settings'] = {}, clock?: Clock): Promise<ForwardWorld> {
    const forward = new ForwardWorld(await TestCertificateAuthority.create({ name: 'registries' }));
    forward.#world = await ProxyWorld.start({
      settings,
      clock,
      lookup: async (name) => {
        const host = name.replace(/\.$/, '');
        if (!isOfInstallation(host)) {
          forward.lookups.push(host);
          await forward.beforeAnswer(host);
        }
        return (forward.names[host] ?? []).map((address) => ({ address }));
      },
    });
    const data = { 'ca.crt': Buffer.from(forward.registryCa.caPem).toString('base64') };
    forward.world.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ca', namespace: CONNECTORS }, data });
    return forward;
  }

  get world(): ProxyWorld {
    if (!this.#world) {
      throw new Error('the world has not started');
    }
    return this.#world;
  }

  /** Starts a registry with this host name; with TLS, the certificate is from {@link registryCa}. */
  async addRegistry(
    host: string,
    { tls = true, ...options }: Omit<FixtureRegistryOptions, 'tls'> & { tls?: boolean } = {},
  ): Promise<FixtureRegistry> {
    this.names[host] = ['127.0.0.1'];
    const registry = await startFixtureRegistry({
      publicName: host,
      auth: { mode: 'token', realm: 'same-origin', accounts: [ACCOUNT] },
      ...(tls && { tls: await this.#certificate(host), cdnTls: await this.#certificate(host) }),
      ...options,
    });
    this.#registries.push(registry);
    return registry;
  }

  #certificate(host: string): ReturnType<TestCertificateAuthority['issue']> {
    return this.registryCa.issue(isIP(host) === 0 ? { names: [host] } : { ips: [host] });
  }

  /** Creates a Connector for an address. */
  async connect(
    address: string,
    { name = 'registry', className, ...spec }: Partial<ConnectorSpec> & { name?: string; className?: string } = {},
  ): Promise<void> {
    await this.world.connect({ url: address }, { name, className, credential: LOGIN, spec: { caCertSecretRef: { name: 'ca' }, ...spec } });
  }

  /** Returns the sum of a metric of the proxy, over all its labels. */
  async metric(name: string): Promise<number> {
    const { body } = await sendRequest(`${this.world.proxy.adminUrl}/metrics`);
    const lines = body
      .toString()
      .split('\n')
      .filter((line) => line.startsWith(name));
    expect(lines.length).toBeGreaterThan(0);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** Remembers a socket, and closes it after the test. */
  track<T extends Socket>(socket: T): T {
    this.#sockets.push(socket.on('error', () => undefined));
    return socket;
  }

  /** Closes the connections of clients. */
  closeSockets(): void {
    // The outer connections last: see ClientSlot.secure.
    this.#sockets
      .splice(0)
      .reverse()
      .forEach((socket) => socket.destroy());
  }

  async close(): Promise<void> {
    this.closeSockets();
    await this.world.close();
    await Promise.all(this.#registries.map((registry) => registry.close()));
  }

  /** Connects to a port of the proxy. */
  async dial(port: PortName = 'http', options: Partial<TcpNetConnectOpts> = {}): Promise<Socket> {
    const { httpPort, httpsPort } = this.world.proxy;
    const own = port === 'http' ? httpPort : httpsPort;
    const socket = this.track(await dial(this.relays[port] ?? own, options));
    return port === 'http' ? socket : this.track(await startTls(socket, { ca: this.world.ca.certificate, servername: PROXY_NAME }));
  }

  /** Returns the header with the login. */
  login({ as = 'puller', user = `${CONNECTORS}/registry`, token = this.world.token(as) }: Login = {}): Record<string, string> {
    return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}` };
  }

  /** Sends CONNECT on a new connection. */
  async askTunnel(to: string, options: Login & { port?: PortName; headers?: Record<string, string> } = {}): Promise<TunnelAnswer> {
    const socket = await this.dial(options.port);
    return openTunnel(socket, to, options.headers ?? this.login(options));
  }

  /** Opens a tunnel; the client has not begun TLS in it. */
  async plainTunnel(to: string, options: Login & { port?: PortName } = {}): Promise<Socket> {
    const { status, reason, socket } = await this.askTunnel(to, options);
    if (status !== 200) {
      throw new Error(`no tunnel to ${to}: ${status} ${reason}`);
    }
    return socket;
  }

  /** Opens a tunnel with TLS in it; the client trusts only the proxy's CA. */
  async tunnel(to: string, options: Login & { port?: PortName } = {}): Promise<Socket> {
    const socket = await this.plainTunnel(to, options);
    const servername = to.replace(/:\d+$/, '');
    return this.track(await startTls(socket, { ca: this.world.ca.certificate, servername }));
  }

  /** Sends a request for an absolute URL on a new connection. */
  async sendAbsolute(
    url: string,
    { port, as, user, token, headers, ...rest }: Sent & Login & { port?: PortName; headers?: Record<string, string> } = {},
  ): Promise<TunnelledResponse> {
    const socket = await this.dial(port);
    return sendOn(socket, { ...rest, path: url, headers: { host: new URL(url).host, ...this.login({ as, user, token }), ...headers } });
  }

  /** Sends raw text, and returns all that arrives until the proxy closes the connection. */
  async exchange(socket: Socket, text: string): Promise<string> {
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(text, 'latin1');
    await closed;
    return Buffer.concat(received).toString('latin1');
  }
}

/** The proxy looks up these names itself, so that it never connects to them. */
function isOfInstallation(host: string): boolean {
  return /^(?:kubernetes|connectors-proxy-service)(?:\.|$)/.test(host);
}

export { openTunnel, readAnswer, sendOn, startTls };
