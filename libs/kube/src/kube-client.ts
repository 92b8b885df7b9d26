import { type Clock, systemClock } from '@oci-connector/clock';
import { type KubeObject } from '@oci-connector/connector-api';
import { isJsonObject } from '@oci-connector/http';
import { KubeApiError, KubeResponseError } from './kube.errors';
import { type KubeConnection } from './kube-connection';
import { type KubeRequest, KubeTransport } from './kube-transport';
import { type ObjectKey, type ResourceType } from './resource-type';
import { acceptOf, collectionPath, fillType, objectPath } from './resource-request';
import { type WatchEvent, watchEvents } from './watch-stream';

export interface KubeClientOptions {
  readonly clock?: Clock;
  /** Milliseconds for a whole request unless the call says otherwise; default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds to connect, TLS included; default 5,000. Within a cluster a connection takes about 1 ms. */
  readonly connectTimeoutMs?: number;
  /** The most bytes of a response with one object. */
  readonly maxObjectBytes?: number;
  /** The most bytes of one page of a list. */
  readonly maxListBytes?: number;
  /** Objects requested per page of a list; default 500, as in kubectl. */
  readonly pageSize?: number;
  readonly userAgent?: string;
}

/** Options of every call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole call, or for each page of a list. */
  readonly timeoutMs?: number;
  /** For writes: with `Strict` an unknown field is an error. Otherwise the API server drops it. */
  readonly fieldValidation?: 'Strict';
}

export interface ListOptions extends CallOptions {
  /** One namespace; all of them when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** A complete list, with the items of all pages. */
export interface KubeList<T> {
  readonly items: T[];
  /** The version from which a watch continues. */
  readonly resourceVersion: string;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  /** The server ends the watch after this many seconds; default 300. */
  readonly timeoutSeconds?: number;
  /** Milliseconds without data after which the watch counts as dead; default 120,000, because bookmarks arrive about once a minute. */
  readonly idleTimeoutMs?: number;
  /** Called when the server has accepted the watch. */
  readonly onOpen?: () => void;
}

export interface WriteOptions extends CallOptions {
  /** Set when sending the request twice does no harm, as for reviews, which store nothing. Default false. */
  readonly idempotent?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only the object with this UID, not a later one with the same name. */
  readonly uid?: string;
}

/** An object to send. Fields that the API server fills in may be missing. */
export type NewObject<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata'> & {
  apiVersion?: string;
  kind?: string;
  metadata?: Partial<T['metadata']>;
};

/** An API server stores no object of more than 1.5 MiB (etcd's limit). As JSON, with base64 and escapes, it is smaller than this. */
const MAX_OBJECT_BYTES = 8 * 1024 * 1024;

/** The limit for a page of 500 objects. A server that ignores `limit` sends more, and the memory must be sufficient for that too. */
const MAX_LIST_BYTES = 128 * 1024 * 1024;

/** The most attempts to read a list whose continue token expires between two pages. */
const MAX_LIST_ATTEMPTS = 3;

/**
 * A client for the part of the Kubernetes API that our programs use. Every call throws {@link KubeApiError} when the server responds with
 * an error, `KubeUnreachableError` when it does not respond, `KubeResponseError` when its response cannot be used, and the signal's
 * reason when the caller aborts.
 */
export class KubeClient {
  readonly #transport: KubeTransport;
  readonly #clock: Clock;

  constructor(
    readonly connection: KubeConnection,
    private readonly options: KubeClientOptions = {},
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#transport = new KubeTransport(connection, {
      clock: this.#clock,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      userAgent: options.userAgent ?? 'oci-connector',
    });
  }

  static fromConnection(connection: KubeConnection, options?: KubeClientOptions): KubeClient {
    return new KubeClient(connection, options);
  }

  async get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options: CallOptions = {}): Promise<T> {
    return this.#call(type, { ...options, method: 'GET', path: objectPath(type, key), idempotent: true });
  }

  /** Like {@link get}, but returns undefined for an object that does not exist. */
  async find<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return await this.get(type, key, options);
    } catch (error) {
      if (error instanceof KubeApiError && error.isNotFound) {
        return undefined;
      }
      throw error;
    }
  }

  /** Lists all objects, page by page. When the snapshot expires between two pages (410), the list starts again; the last attempt has no pages. */
  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    for (let attempt = 1; ; attempt++) {
      const inOnePiece = attempt === MAX_LIST_ATTEMPTS;
      try {
        return await this.#listPages(type, options, inOnePiece ? undefined : (this.options.pageSize ?? 500));
      } catch (error) {
        if (inOnePiece || !(error instanceof KubeApiError) || !error.isGone) {
          throw error;
        }
      }
    }
  }

  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: NewObject<T>,
    options: WriteOptions & { namespace?: string } = {},
  ): Promise<T> {
    const namespace = object.metadata?.namespace ?? options.namespace;
    if (type.namespaced && namespace === undefined) {
      throw new TypeError(`A ${type.kind} needs a namespace`);
    }
    return this.#call(type, {
      ...options,
      method: 'POST',
      path: collectionPath(type, namespace),
      body: fillType(type, object),
      idempotent: options.idempotent === true,
    });
  }

  /** Replaces an object. With `metadata.resourceVersion`, a concurrent change by another client is a conflict. */
  async update<T extends KubeObject>(type: ResourceType<T>, object: T, options: CallOptions = {}): Promise<T> {
    const path = objectPath(type, object.metadata);
    return this.#call(type, { ...options, method: 'PUT', path, body: fillType(type, object), idempotent: false });
  }

  /** Sends a JSON merge patch (RFC 7386): null deletes a field, an array is replaced as a whole. */
  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, options: CallOptions = {}): Promise<T> {
    return this.#merge(type, objectPath(type, key), patch, options);
  }

  /** Sends a JSON merge patch of the status subresource; `patch` has the form `{status: {…}}`. */
  async patchStatus<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, options: CallOptions = {}): Promise<T> {
    return this.#merge(type, objectPath(type, key, 'status'), patch, options);
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, ...call } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(uid !== undefined && { preconditions: { uid } }),
    };
    await this.#request(type, { ...call, method: 'DELETE', path: objectPath(type, key), body, idempotent: uid !== undefined });
  }

  /** Creates a subresource, such as `token` of a ServiceAccount. The response has the type of the request body. */
  async createSubresource<T extends object>(
    type: ResourceType,
    key: ObjectKey & { readonly subresource: string },
    body: T,
    options: CallOptions = {},
  ): Promise<T> {
    const path = objectPath(type, key, key.subresource);
    return (await this.#request(type, { ...options, method: 'POST', path, body, idempotent: false })) as T;
  }

  /** Reads the JSON at a path that is not a resource, such as the keys that sign tokens. */
  async readPath(path: string, { maxBytes, ...options }: CallOptions & { readonly maxBytes: number }): Promise<unknown> {
    // The API server responds with 406 when the type is not accepted: keys are application/jwk-set+json.
    return this.#transport.json({
      ...this.#limits(options),
      method: 'GET',
      path,
      accept: 'application/json, */*',
      maxBytes,
      idempotent: true,
    });
  }

  /**
   * Yields the changes after `resourceVersion`, with bookmarks, until the server ends the watch.
   *
   * @throws KubeApiError with `isGone` for a 410, as HTTP status or inside the stream: list again
   */
  async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const path = collectionPath(type, options.namespace);
    const query = selectors(options);
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', options.resourceVersion);
    query.set('timeoutSeconds', String(options.timeoutSeconds ?? 300));
    const stream = await this.#transport.stream({
      ...this.#limits(options),
      method: 'GET',
      path,
      query,
      accept: acceptOf(type, 'one'),
      maxBytes: Infinity,
      idempotent: true,
    });
    options.onOpen?.();
    try {
      const events = watchEvents<T>(stream, {
        clock: this.#clock,
        idleTimeoutMs: options.idleTimeoutMs ?? 120_000,
        request: `WATCH ${path}`,
      });
      for await (const event of events) {
        yield { type: event.type, object: fillType(type, event.object) };
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error;
    }
  }

  /** Closes all connections. Requests in flight fail. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #listPages<T extends KubeObject>(type: ResourceType<T>, options: ListOptions, limit: number | undefined): Promise<KubeList<T>> {
    const query = selectors(options);
    if (limit !== undefined) {
      query.set('limit', String(limit));
    }
    const items: T[] = [];
    for (;;) {
      const page = await this.#listPage(type, options, query);
      // No spread into one call: a server that ignores `limit` may send more items than a call can have arguments.
      page.items.forEach((item) => items.push(item));
      if (page.next === undefined) {
        return { items, resourceVersion: page.resourceVersion };
      }
      query.set('continue', page.next);
    }
  }

  async #listPage<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions,
    query: URLSearchParams,
  ): Promise<KubeList<T> & { readonly next?: string }> {
    const path = collectionPath(type, options.namespace);
    const page = (await this.#transport.json({
      ...this.#limits(options),
      method: 'GET',
      path,
      query,
      accept: acceptOf(type, 'list'),
      maxBytes: this.options.maxListBytes ?? MAX_LIST_BYTES,
      idempotent: true,
    })) as Partial<ListBody<T>> | null;
    const { resourceVersion, continue: next } = page?.metadata ?? {};
    if (typeof resourceVersion !== 'string') {
      throw new KubeResponseError('ResponseInvalid', `GET ${path}: the response is not a list`);
    }
    const items = (page?.items ?? []).map((item) => fillType(type, item));
    return { items, resourceVersion, next: next || undefined };
  }

  async #merge<T extends KubeObject>(type: ResourceType<T>, path: string, patch: object, options: CallOptions): Promise<T> {
    const contentType = 'application/merge-patch+json';
    return this.#call(type, { ...options, method: 'PATCH', path, body: patch, contentType, idempotent: false });
  }

  async #call<T extends KubeObject>(type: ResourceType<T>, call: ObjectCall): Promise<T> {
    const object = (await this.#request(type, call)) as T | null;
    if (!isJsonObject(object)) {
      throw new KubeResponseError('ResponseInvalid', `${call.method} ${call.path}: the response is not an object`);
    }
    return fillType(type, object);
  }

  async #request(type: ResourceType, call: ObjectCall): Promise<unknown> {
    const { method, path, body, contentType, idempotent, fieldValidation } = call;
    return this.#transport.json({
      ...this.#limits(call),
      method,
      path,
      query: fieldValidation && new URLSearchParams({ fieldValidation }),
      body,
      contentType,
      idempotent,
      accept: acceptOf(type, 'one'),
      maxBytes: this.options.maxObjectBytes ?? MAX_OBJECT_BYTES,
    });
  }

  #limits({ signal, timeoutMs }: CallOptions): { signal?: AbortSignal; timeoutMs: number } {
    return { signal, timeoutMs: timeoutMs ?? this.options.requestTimeoutMs ?? 10_000 };
  }
}

type ObjectCall = CallOptions & Pick<KubeRequest, 'method' | 'path' | 'body' | 'contentType' | 'idempotent'>;

interface ListBody<T> {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: T[] | null;
}

function selectors({ labelSelector, fieldSelector }: ListOptions): URLSearchParams {
  const query = new URLSearchParams();
  if (labelSelector !== undefined) {
    query.set('labelSelector', labelSelector);
  }
  if (fieldSelector !== undefined) {
    query.set('fieldSelector', fieldSelector);
  }
  return query;
}
