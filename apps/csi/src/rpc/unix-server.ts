import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';

/** A request of the kubelet is a few KiB, mostly a token. 1 MiB leaves room for large attributes (an etcd object has at most 1.5 MiB). */
const MAX_REQUEST_BYTES = 1024 * 1024;

/** The kubelet calls for as many volumes at the same time as it starts pods. Further calls wait in HTTP/2. */
const MAX_CONCURRENT_CALLS = 256;

/** A client that may connect may publish volumes. Only the kubelet, which is root, may. */
const SOCKET_MODE = 0o600;

/** Longest wait for running calls when the server is stopped. In milliseconds. */
const DRAIN_MS = 10_000;

/** A gRPC server on a unix socket. It answers UNIMPLEMENTED to methods without an implementation. */
export class UnixServer {
  readonly #server = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
  });
  #listening = false;

  /** @param socket absolute path of the socket */
  constructor(readonly socket: string) {}

  get isListening(): boolean {
    return this.#listening;
  }

  add(service: ServiceDefinition, implementation: UntypedServiceImplementation): this {
    this.#server.addService(service, implementation);
    return this;
  }

  /**
   * Checks that no other driver serves on the socket. A driver whose pod was deleted by force may still mount and unmount.
   *
   * @throws Error when another process serves on the socket
   */
  async checkUnserved(): Promise<void> {
    const served = await new Promise<boolean>((resolve) => {
      const connection = connect(this.socket, () => resolve(true)).on('error', () => resolve(false));
      connection.once('connect', () => connection.destroy());
    });
    if (served) {
      throw new Error(`another driver serves on ${this.socket}; only one may run on a node: stop it, or wait until it ends`);
    }
  }

  /** Starts serving. Removes a socket that an earlier driver left behind. */
  async listen(): Promise<void> {
    await mkdir(path.dirname(this.socket), { recursive: true });
    await rm(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    await chmod(this.socket, SOCKET_MODE);
    this.#listening = true;
  }

  /** Removes the socket and waits for running calls, for 10 s at most. */
  async close(): Promise<void> {
    this.#listening = false;
    await new Promise<void>((resolve) => {
      const overdue = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, DRAIN_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(overdue);
        resolve();
      });
    });
  }
}
