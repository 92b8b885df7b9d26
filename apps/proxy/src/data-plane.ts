import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Clock, sleep } from '@oci-connector/clock';
import { type Readiness } from '@oci-connector/runtime';
import { type HttpConnections } from './client/http-connections';
import { type Port } from './port/port';
import { type Transfers } from './transfer/transfers';

/** For clients whose answer had not begun to hear that the proxy is being stopped. In milliseconds. */
const LAST_WORDS_MS = 1_000;

/** What works in the background from before the ports open until after they have closed, and tells nobody of its failures. */
export interface BackgroundPart {
  start(): unknown;
  stop(): unknown;
}

export interface DataPlaneParts {
  readonly http: Port;
  readonly https: Port;
  readonly connections: HttpConnections;
  readonly transfers: Transfers;
  /** In the order of their start. */
  readonly background: readonly BackgroundPart[];
  /** What is closed when nothing uses it any more. */
  readonly resources: readonly { close(): unknown }[];
  readonly readiness: Readiness;
  readonly clock: Clock;
  /** How long connections are still taken when it is to stop, and running transfers may go on after that. In milliseconds. */
  readonly stopping: { readonly drainDelay: number; readonly grace: number };
}

/**
 * Life of the data plane: starts what it is made of, and stops it without breaking what runs. Nest waits for both: the admin port
 * is opened after the ports for clients, and closed after them, so that /readyz tells all the while that this replica is leaving.
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

  /** Resolves when the ports are open. The objects of the API server may come later: /readyz tells. */
  async onApplicationBootstrap(): Promise<void> {
    const { readiness, background, http, https } = this.parts;
    readiness.register('listeners', () => (this.#draining ? 'stopping' : undefined));
    background.forEach((part) => void part.start());
    await Promise.all([http.listen(), https.listen()]);
    this.#serving = true;
  }

  /**
   * Readiness fails at once, connections are taken for `drainDelay` more, running transfers may go on for `grace` after that, and
   * are cut then.
   */
  async onModuleDestroy(): Promise<void> {
    const { http, https, connections, transfers, stopping } = this.parts;
    // After a start that failed nobody has to notice anything.
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

  /** Waits for so many milliseconds, or until the promise is fulfilled. */
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
    // Connections to registries are let go in peace, if that does not take long: nobody waits for them any more.
    await this.#atMost(LAST_WORDS_MS, Promise.all(resources.map((resource) => resource.close())));
  }
}
