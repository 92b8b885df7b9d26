import { setTimeout as delay } from 'node:timers/promises';
import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type KubeClient } from '@oci-connector/kube';
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
  /** What is closed when nothing uses it any more: the client of the API server comes last. */
  readonly resources: readonly { close(): unknown }[];
  readonly client: KubeClient;
  readonly readiness: Readiness;
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
    await delay(drainDelay);
    const closed = Promise.all([http.close(), https.close()]);
    connections.drain();
    await this.#drained(grace);
    transfers.cancelAll();
    await this.#drained(LAST_WORDS_MS);
    http.cut();
    https.cut();
    await closed;
    connections.close();
    await this.#close();
  }

  /** Resolves when no transfer runs, at the latest after the time. */
  async #drained(ms: number): Promise<void> {
    const overdue = new AbortController();
    await Promise.race([this.parts.transfers.drained(), delay(ms, undefined, { signal: overdue.signal })]);
    overdue.abort();
  }

  async #close(): Promise<void> {
    const { background, resources, client } = this.parts;
    await Promise.all(background.map((part) => part.stop()));
    // Connections to registries are let go in peace, if that does not take long: nobody waits for them any more.
    await Promise.race([Promise.all(resources.map((resource) => resource.close())), delay(LAST_WORDS_MS, undefined, { ref: false })]);
    await client.close();
  }
}
