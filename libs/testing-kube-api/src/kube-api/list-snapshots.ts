import { randomUUID } from 'node:crypto';
import { type ApiObject } from './api-object';
import { badRequest, expired } from './api-error';
import { type ObjectStore } from './object-store';

/** A list that a client reads page by page. All pages show the state at the time of the first page. */
export interface ListSnapshot {
  readonly version: number;
  readonly objects: readonly ApiObject[];
}

/** Most lists that are read at the same time. The oldest are dropped; a client then receives 410 and starts again. */
const LIMIT = 100;

/** The lists to which continue tokens refer. */
export class ListSnapshots {
  readonly #kept = new Map<string, ListSnapshot>();

  constructor(private readonly store: ObjectStore) {}

  /**
   * Stores a list.
   *
   * @returns the token with which reading continues at `offset`
   */
  keep(snapshot: ListSnapshot, offset: number, id: string = randomUUID()): string {
    this.#kept.set(id, snapshot);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LIMIT && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
    return Buffer.from(JSON.stringify({ id, offset })).toString('base64url');
  }

  /**
   * Returns the list of a token.
   *
   * @throws ApiError 400 when the token is invalid, 410 when it is too old
   */
  resume(token: string): { id: string; offset: number; snapshot: ListSnapshot } {
    const { id, offset } = parseToken(token);
    const snapshot = this.#kept.get(id);
    if (!snapshot || !this.store.remembers(snapshot.version)) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
      );
    }
    return { id, offset, snapshot };
  }
}

function parseToken(token: string): { id: string; offset: number } {
  try {
    const { id, offset } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Record<string, unknown>;
    if (typeof id === 'string' && typeof offset === 'number') {
      return { id, offset };
    }
  } catch {
    // The error is reported below.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
