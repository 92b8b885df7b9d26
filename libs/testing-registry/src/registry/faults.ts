import { type FixtureServer, type RecordedRequest } from './request-log';

/** Which requests a fault is for; all given fields must match. */
export interface FaultMatch {
  /** Default `registry`. */
  readonly server?: FixtureServer;
  readonly method?: string | readonly string[];
  /** Tested against the raw path, without the query. */
  readonly path?: string | RegExp;
  readonly when?: (request: RecordedRequest) => boolean;
}

/** What goes wrong. */
export type FaultEffect =
  /** Answer with this, and nothing is done. The request body is read to its end first, unless `readBody` is false. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly readBody?: boolean;
    }
  /** Answer with this once `afterBytes` of the request body arrived, while the client still sends; what it goes on sending is read and counted. */
  | {
      readonly kind: 'early-response';
      readonly status: number;
      readonly afterBytes: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Reset the connection before any answer. */
  | { readonly kind: 'reset' }
  /** Reset the connection once `afterBytes` of the request body arrived. */
  | { readonly kind: 'reset-upload'; readonly afterBytes: number }
  /** Answer as usual, but reset the connection after `afterBytes` of the response body. */
  | { readonly kind: 'reset-body'; readonly afterBytes: number }
  /** Do nothing until `FaultHandle.release` is called (or `milliseconds` have passed), then go on as usual. */
  | { readonly kind: 'hold'; readonly milliseconds?: number }
  /** Answer as usual, but the body in pieces of `chunkBytes`, one every `milliseconds`. */
  | { readonly kind: 'slow-body'; readonly chunkBytes: number; readonly milliseconds: number }
  /** Read `afterBytes` of the request body, then no more, and never answer. */
  | { readonly kind: 'stop-reading'; readonly afterBytes: number }
  /** Send status and headers, then nothing. */
  | { readonly kind: 'hang-after-headers' };

export type Fault = FaultEffect & {
  readonly match?: FaultMatch;
  /** How many matching requests it strikes; default 1. */
  readonly times?: number;
};

/** One fault that was added. */
export class FaultHandle {
  #hits = 0;
  #release: () => void = () => undefined;
  /** Settles when `release` is called. */
  readonly released: Promise<void>;

  constructor(readonly fault: Fault) {
    this.released = new Promise((resolve) => (this.#release = resolve));
  }

  /** How many requests it struck. */
  get hits(): number {
    return this.#hits;
  }

  /** Lets held requests go on. */
  release(): void {
    this.#release();
  }

  /** True, and counted, when the fault is for this request. */
  strike(request: RecordedRequest): boolean {
    if (this.#hits >= (this.fault.times ?? 1) || !matches(this.fault.match ?? {}, request)) {
      return false;
    }
    this.#hits += 1;
    return true;
  }
}

/** The faults that wait for a request; the first that matches strikes. */
export class FaultPlan {
  #handles: FaultHandle[] = [];

  add(fault: Fault): FaultHandle {
    const handle = new FaultHandle(fault);
    this.#handles.push(handle);
    return handle;
  }

  /** Forgets all faults and lets held requests go on. */
  clear(): void {
    for (const handle of this.#handles) {
      handle.release();
    }
    this.#handles = [];
  }

  take(request: RecordedRequest): FaultHandle | undefined {
    return this.#handles.find((handle) => handle.strike(request));
  }
}

function matches(match: FaultMatch, request: RecordedRequest): boolean {
  const { server = 'registry', method = request.method, path = request.path, when } = match;
  const samePath = typeof path === 'string' ? path === request.path : path.test(request.path);
  return server === request.server && [method].flat().includes(request.method) && samePath && (when?.(request) ?? true);
}
