/** One request, without headers, body and query: nothing secret is kept. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** As in RBAC: get, list, watch, create, update, patch, delete, deletecollection; the method in lower case for other paths. */
  readonly verb: string;
  /** Resource name as in RBAC, with its subresource: `connectors/status`. Empty for paths that are no resource. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  /** User name, once authenticated. */
  user?: string;
  /** Absent while there is no answer. */
  status?: number;
}

export type RequestFilter = Partial<Pick<LoggedRequest, 'method' | 'verb' | 'resource' | 'namespace' | 'name' | 'user' | 'status'>>;

export function matchesRequest(request: LoggedRequest, filter: RequestFilter): boolean {
  return Object.entries(filter).every(([field, value]) => value === undefined || request[field as keyof RequestFilter] === value);
}

/** Entries kept; a benchmark must not fill the memory. Counting goes over what is kept. */
const LIMIT = 100_000;

/** The requests that reached the API, oldest first. */
export class RequestLog {
  readonly #kept: LoggedRequest[] = [];

  get entries(): readonly LoggedRequest[] {
    return this.#kept;
  }

  add(request: LoggedRequest): void {
    if (this.#kept.length >= LIMIT) {
      this.#kept.splice(0, LIMIT / 10);
    }
    this.#kept.push(request);
  }

  find(filter: RequestFilter): LoggedRequest[] {
    return this.#kept.filter((request) => matchesRequest(request, filter));
  }

  count(filter: RequestFilter = {}): number {
    return this.find(filter).length;
  }

  clear(): void {
    this.#kept.length = 0;
  }
}
