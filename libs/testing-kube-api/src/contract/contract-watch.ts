import { type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { type JsonObject } from '../kube-api/json';

/** One line of a watch. */
export interface ContractEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/** Longest wait for an event, in milliseconds. Events take less than a second, except bookmarks, which the API sends at any time. */
const DEADLINE_MS = 15_000;

/** A running watch whose events are read one by one. */
export class ContractWatch {
  readonly #events: ContractEvent[] = [];
  readonly #waiting: (() => void)[] = [];
  #hasEnded = false;

  constructor(private readonly response: IncomingMessage) {
    const lines = createInterface({ input: response });
    lines.on('line', (line) => {
      if (line.trim() === '') {
        return;
      }
      this.#events.push(JSON.parse(line) as ContractEvent);
      this.#wake();
    });
    // A broken connection also ends the watch, and wakes a caller that waits for an event.
    for (const source of [response, lines]) {
      source.on('error', () => undefined);
    }
    for (const source of [response, lines]) {
      source.on('close', () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /**
   * Returns the next event.
   *
   * @throws Error when the watch ends, or no event arrives in time
   */
  async next(): Promise<ContractEvent> {
    await this.#until(() => this.#events.length > 0 || this.#hasEnded);
    const event = this.#events.shift();
    if (!event) {
      throw new Error('the watch ended without another event');
    }
    return event;
  }

  /** Returns the remaining events after the server has ended the watch. */
  async rest(): Promise<ContractEvent[]> {
    await this.#until(() => this.#hasEnded);
    return this.#events.splice(0);
  }

  close(): void {
    this.response.destroy();
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    while (!condition()) {
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new Error(`no event arrived within ${DEADLINE_MS} ms`);
      }
      await this.#woken(left);
    }
  }

  #woken(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) {
      go();
    }
  }
}
