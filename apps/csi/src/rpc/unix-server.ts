import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';

/** A request of the kubelet is a few KiB, most of it a token; 1 MiB leaves room for whatever a pod's attributes hold (an etcd object has at most 1.5 MiB). */
const MAX_REQUEST_BYTES = 1024 * 1024;

/** The kubelet calls for as many volumes at once as it starts pods; more wait in HTTP/2. */
const MAX_CONCURRENT_CALLS = 256;

/** Whoever may connect may publish volumes: the kubelet, which is root. */
const SOCKET_MODE = 0o600;

/** For calls that run when the server is stopped. In milliseconds. */
const DRAIN_MS = 10_000;

/** A gRPC server on a unix socket. Methods that are not implemented answer UNIMPLEMENTED by themselves. */
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
   * A driver that has not ended yet, though its pod was deleted by force, still mounts and unmounts.
   *
   * @throws Error when somebody serves on the socket
   */
  async checkUnserved(): Promise<void> {
    const served = await new Promise<boolean>((resolve) => {
      const connection = connect(this.socket, () => resolve(true)).on('error', () => resolve(false));
      connection.once('connect', () => connection.destroy());
    });
    if (served) {
      throw new Error(`another driver serves on ${this.socket}; one at a time may run on a node: end it, or wait for its end`);
    }
  }

  /** Resolves when calls are answered. A socket that a driver before this one left behind is removed. */
  async listen(): Promise<void> {
    await mkdir(path.dirname(this.socket), { recursive: true });
    await rm(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    await chmod(this.socket, SOCKET_MODE);
    this.#listening = true;
  }

  /** Removes the socket and lets the calls that run come to their end. */
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
