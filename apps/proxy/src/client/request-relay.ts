import { type ReadBuffers } from '../transfer/read-buffers';
import { testClientReads } from './relay-self-test';

export interface RequestRelayOptions {
  readonly buffers: ReadBuffers;
  /** Called when the self-test fails. */
  readonly onError: (error: Error) => void;
  /** Default: {@link testClientReads}. */
  readonly test?: () => Promise<void>;
}

/** Whether request bodies are relayed: once the self-test has shown that this Node.js can do it. Until then `node:http` reads them. */
export class RequestRelay {
  #isTested = false;
  #isDecided = false;

  constructor(private readonly options: RequestRelayOptions) {}

  /** Memory for request bodies; absent: they are not relayed. */
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
