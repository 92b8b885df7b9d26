import { type ServerResponse } from 'node:http';
import { type ApiObject } from './api-object';
import { type ApiError, expired } from './api-error';
import { type JsonObject } from './json';
import { type ObjectStore, type StoredChange } from './object-store';
import { type Selection } from './read-objects';
import { type Presenter } from './representation';

/** Parameters of a watch. */
export interface WatchOptions {
  /** Send changes after this version. If absent, the watch sends the current state first, as ADDED events. */
  readonly from?: number;
  /** `sendInitialEvents=true`: send the current state first, and a bookmark at its end. */
  readonly sendInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly bookmarkIntervalMs: number;
}

interface WatchParts {
  readonly store: ObjectStore;
  readonly selection: Selection;
  readonly presenter: Presenter;
  readonly response: ServerResponse;
  readonly options: WatchOptions;
}

/** Most bytes that may wait for a slow client. Beyond that, the watch is broken, and the client starts again. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;

/** A running watch, which sends one line of JSON for every change. */
export class WatchStream {
  readonly #timers: NodeJS.Timeout[] = [];
  #unsubscribe?: () => void;
  #isFirst = true;
  #sent: number;

  constructor(private readonly parts: WatchParts) {
    this.#sent = parts.options.from ?? parts.store.version;
  }

  get resource(): string {
    return this.parts.selection.resource;
  }

  /** Sends the initial events immediately, and then each change when it happens. Resolves when the watch has ended. */
  run(): Promise<void> {
    const { response, store, options } = this.parts;
    const ended = new Promise<void>((resolve) => response.once('close', resolve)).finally(() => this.#stop());
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    if (!this.#sendStart()) {
      response.end();
      return ended;
    }
    this.#unsubscribe = store.subscribe((change) => this.#sendChange(change));
    this.#timers.push(setTimeout(() => this.end(), options.timeoutMs));
    this.#timers.push(setInterval(() => this.sendBookmark(), options.bookmarkIntervalMs));
    return ended;
  }

  /** Ends the stream normally. */
  end(): void {
    this.#stop();
    this.sendBookmark();
    this.parts.response.end();
  }

  /** Breaks the connection. */
  drop(): void {
    this.#stop();
    this.parts.response.destroy();
  }

  sendBookmark(annotations?: Record<string, string>): void {
    const { options, presenter, store } = this.parts;
    if (options.bookmarks) {
      this.#send('BOOKMARK', presenter.bookmark(Math.max(this.#sent, store.version), annotations));
    }
  }

  #stop(): void {
    this.#unsubscribe?.();
    for (const timer of this.#timers.splice(0)) {
      clearTimeout(timer);
    }
  }

  #sendStart(): boolean {
    const { store, options, selection } = this.parts;
    if (options.from === undefined || options.sendInitialEvents) {
      for (const object of store.list(this.resource, selection.namespace)) {
        if (selection.matches(object)) {
          this.#sendObject('ADDED', object);
        }
      }
      if (options.sendInitialEvents) {
        this.sendBookmark({ 'k8s.io/initial-events-end': 'true' });
      }
      return true;
    }
    const missed = store.changesSince(this.resource, options.from);
    if (!missed) {
      this.#sendError(expired(`too old resource version: ${options.from} (${store.oldest})`));
      return false;
    }
    for (const change of missed) {
      this.#sendChange(change);
    }
    return true;
  }

  /** Sends a change. An object that begins to match the selector appears as created; one that ceases to match appears as deleted. */
  #sendChange({ type, resource, version, object, previous }: StoredChange): void {
    if (resource !== this.resource || version <= (this.parts.options.from ?? 0)) {
      return;
    }
    const { matches } = this.parts.selection;
    const isWanted = type !== 'DELETED' && matches(object);
    const wasWanted = previous !== undefined && matches(previous);
    this.#sent = version;
    if (isWanted) {
      this.#sendObject(wasWanted ? 'MODIFIED' : 'ADDED', object);
    } else if (wasWanted) {
      this.#sendObject('DELETED', withVersion(previous, version));
    }
  }

  #sendObject(type: string, object: ApiObject): void {
    this.#send(type, this.parts.presenter.one(object, !this.#isFirst));
    this.#isFirst = false;
  }

  #sendError(error: ApiError): void {
    this.#send('ERROR', error.toStatus());
  }

  #send(type: string, object: JsonObject): void {
    const { response } = this.parts;
    if (response.writableEnded || response.destroyed) {
      return;
    }
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > MAX_PENDING_BYTES) {
      this.drop();
    }
  }
}

function withVersion(object: ApiObject, version: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

/** All running watches of a server. */
export class Watches {
  readonly #running = new Set<WatchStream>();

  async run(watch: WatchStream): Promise<void> {
    this.#running.add(watch);
    await watch.run().finally(() => this.#running.delete(watch));
  }

  dropAll(): void {
    for (const watch of [...this.#running]) {
      watch.drop();
    }
  }

  /** Ends the watches of a type that is no longer served. */
  endFor(resource: string): void {
    for (const watch of [...this.#running]) {
      if (watch.resource === resource) {
        watch.end();
      }
    }
  }

  sendBookmarks(): void {
    for (const watch of this.#running) {
      watch.sendBookmark();
    }
  }
}
