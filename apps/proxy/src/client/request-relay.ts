import { type ReadBuffers } from '../transfer/read-buffers';
import { testClientReads } from './relay-self-test';

export interface RequestRelayOptions {
  readonly buffers: ReadBuffers;
  /** Called when the self-test fails. */
  readonly onError: (error: Error) => void;
  /** Default: {@link testClientReads}. */
  readonly test?: () => Promise<void>;
}

/**
 * Whether the proxy itself reads connections of clients, for request bodies and plain requests: once the self-test has shown that this Node.js
 * can do it. Until then `node:http` reads them.
 */
export class RequestRelay {
  #isTested = false;
  #isDecided = false;

  constructor(private readonly options: RequestRelayOptions) {}

  /** What connections are read into; absent: `node:http` reads them. */
  get buffers(): ReadBuffers | undefined {
    return this.#isTested ? this.options.buffers : undefined;
  }

  /** Whether the self-test has ended. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** Runs the self-test. Never rejects. */
  async start(): Promise<void> {
    const { test = testClientReads, onError } = this.options;
    try {
      await test();
      this.#isTested = true;
    } catch (error) {
      onError(error as Error);
    }
    this.#isDecided = true;
  }

  stop(): void {
    this.#isTested = false;
  }
}
