import { type FixtureServer, type RecordedRequest } from './request-log';

/** Selects the requests for which a fault occurs; all given fields must match. */
export interface FaultMatch {
  /** The server that receives the request; `registry` by default. */
  readonly server?: FixtureServer;
  readonly method?: string | readonly string[];
  /** Matched against the raw path, without the query. */
  readonly path?: string | RegExp;
  readonly when?: (request: RecordedRequest) => boolean;
}

/** The effect of a fault. */
export type FaultEffect =
  /** Send this response instead of handling the request. The request body is read to its end first, unless `readBody` is false. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly readBody?: boolean;
    }
  /**
   * Send this response when `afterBytes` of the request body have arrived, while the client still sends. The rest of the body
   * is read and counted.
   */
  | {
      readonly kind: 'early-response';
      readonly status: number;
      readonly afterBytes: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Reset the connection before any response. */
  | { readonly kind: 'reset' }
  /** Reset the connection when `afterBytes` of the request body have arrived. */
  | { readonly kind: 'reset-upload'; readonly afterBytes: number }
  /** Send the normal response, but reset the connection after `afterBytes` of the body. */
  | { readonly kind: 'reset-body'; readonly afterBytes: number }
  /** Wait until `FaultHandle.release` is called or `milliseconds` have passed, then handle the request normally. */
  | { readonly kind: 'hold'; readonly milliseconds?: number }
  /** Send the normal response, but the body in pieces of `chunkBytes`, one every `milliseconds`. */
  | { readonly kind: 'slow-body'; readonly chunkBytes: number; readonly milliseconds: number }
  /** Read `afterBytes` of the request body, then stop reading, and never send a response. */
  | { readonly kind: 'stop-reading'; readonly afterBytes: number }
  /** Send status and headers of the normal response, but no body. */
  | { readonly kind: 'hang-after-headers' };

export type Fault = FaultEffect & {
  readonly match?: FaultMatch;
  /** Number of matching requests for which it occurs; 1 by default. */
  readonly times?: number;
};

/** A fault that was added to the plan. */
export class FaultHandle {
  #hits = 0;
  #release: () => void = () => undefined;
  /** Resolves when `release` is called. */
  readonly released: Promise<void>;

  constructor(readonly fault: Fault) {
    this.released = new Promise((resolve) => (this.#release = resolve));
  }

  /** Number of requests for which the fault occurred. */
  get hits(): number {
    return this.#hits;
  }

  /** Lets held requests continue. */
  release(): void {
    this.#release();
  }

  /** Returns true, and counts the request, if the fault occurs for it. */
  strike(request: RecordedRequest): boolean {
    if (this.#hits >= (this.fault.times ?? 1) || !matches(this.fault.match ?? {}, request)) {
      return false;
    }
    this.#hits += 1;
    return true;
  }
}

/** The faults that wait for requests. For each request, the first matching fault occurs. */
export class FaultPlan {
  #handles: FaultHandle[] = [];

  add(fault: Fault): FaultHandle {
    const handle = new FaultHandle(fault);
    this.#handles.push(handle);
    return handle;
  }

  /** Removes all faults, and lets held requests continue. */
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
