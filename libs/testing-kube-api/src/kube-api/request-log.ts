/** A request without headers, body and query, so that the log contains no secrets. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** As in RBAC: get, list, watch, create, update, patch, delete, deletecollection; the method in lower case for other paths. */
  readonly verb: string;
  /** Resource name as in RBAC, with its subresource: `connectors/status`. Empty for other paths. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  /** User name, after authentication. */
  user?: string;
  /** Absent until the response is sent. */
  status?: number;
}

export type RequestFilter = Partial<Pick<LoggedRequest, 'method' | 'verb' | 'resource' | 'namespace' | 'name' | 'user' | 'status'>>;

export function matchesRequest(request: LoggedRequest, filter: RequestFilter): boolean {
  return Object.entries(filter).every(([field, value]) => value === undefined || request[field as keyof RequestFilter] === value);
}

/** Most entries that are kept, so that a benchmark does not fill the memory. Only these are counted. */
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
