import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Clock, sleep } from '@oci-connector/clock';
import { type Readiness } from '@oci-connector/runtime';
import { type HttpConnections } from './client/http-connections';
import { type Port } from './port/port';
import { type Transfers } from './transfer/transfers';

/** How long cancelled transfers have to send their error response, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** A part that runs in the background from before the ports open until after they have closed. It handles its failures itself. */
export interface BackgroundPart {
  start(): unknown;
  stop(): unknown;
}

export interface DataPlaneParts {
  readonly http: Port;
  readonly https: Port;
  readonly connections: HttpConnections;
  readonly transfers: Transfers;
  /** In the order in which they are started. */
  readonly background: readonly BackgroundPart[];
  /** Closed when nothing uses them any more. */
  readonly resources: readonly { close(): unknown }[];
  readonly readiness: Readiness;
  readonly clock: Clock;
  /** How long the proxy accepts connections after SIGTERM, and how long running transfers may continue after that, in milliseconds. */
  readonly stopping: { readonly drainDelay: number; readonly grace: number };
}

/**
 * Starts the parts of the data plane, and stops them without breaking running transfers. Nest waits for both. The admin port opens after
 * the ports for clients and closes after them, so that /readyz reports during the whole shutdown that this replica is stopping.
 */
export class DataPlane implements OnApplicationBootstrap, OnModuleDestroy {
  #serving = false;
  #draining = false;

  constructor(private readonly parts: DataPlaneParts) {}

  get httpPort(): number {
    return this.parts.http.port;
  }

  get httpsPort(): number {
    return this.parts.https.port;
  }

  /** Resolves when the ports are open. The objects of the API server may be read later; /readyz reports when they are. */
  async onApplicationBootstrap(): Promise<void> {
    const { readiness, background, http, https } = this.parts;
    readiness.register('listeners', () => (this.#draining ? 'stopping' : undefined));
    background.forEach((part) => void part.start());
    await Promise.all([http.listen(), https.listen()]);
    this.#serving = true;
  }

  /**
   * Stops the data plane. Readiness fails immediately. The proxy accepts connections for another `drainDelay`, then lets running transfers
   * continue for `grace`, and then cancels them.
   */
  async onModuleDestroy(): Promise<void> {
    const { http, https, connections, transfers, stopping } = this.parts;
    // After a failed start there are no clients to wait for.
    const { drainDelay, grace } = this.#serving ? stopping : { drainDelay: 0, grace: 0 };
    this.#draining = true;
    await this.#atMost(drainDelay);
    const closed = Promise.all([http.close(), https.close()]);
    connections.drain();
    await this.#atMost(grace, transfers.drained());
    transfers.cancelAll();
    await this.#atMost(LAST_WORDS_MS, transfers.drained());
    http.cut();
    https.cut();
    await closed;
    connections.close();
    await this.#close();
  }

  /** Waits until the promise is fulfilled, at most for the given time in milliseconds. */
  async #atMost(ms: number, promise?: Promise<unknown>): Promise<void> {
    if (ms === 0) {
      return;
    }
    const ended = new AbortController();
    const timeOver = sleep(this.parts.clock, ms, ended.signal);
    await Promise.race(promise ? [promise, timeOver] : [timeOver]).finally(() => ended.abort());
  }

  async #close(): Promise<void> {
    const { background, resources } = this.parts;
    await Promise.all(background.map((part) => part.stop()));
    // Connections to registries get a short time to close properly. No client waits for them any more.
    await this.#atMost(LAST_WORDS_MS, Promise.all(resources.map((resource) => resource.close())));
  }
}
