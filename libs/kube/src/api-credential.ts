import { readFile } from 'node:fs/promises';
import { type Clock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { KubeResponseError } from './kube.errors';

/** Our credential for the API server: provides the `Authorization` header of each request. */
export interface ApiCredential {
  /** Returns the whole header value; undefined for none (a client certificate, or a server without authentication). */
  authorization(): Promise<Sensitive | undefined>;
  /** Call when the API server responded to this value with 401: the next value is read again. */
  rejected(value: Sensitive): void;
}

/** A credential whose header value never changes. */
export class StaticCredential implements ApiCredential {
  constructor(private readonly value?: Sensitive) {}

  /** Creates a `Bearer` credential with a fixed token. */
  static bearer(token: Sensitive): StaticCredential {
    return new StaticCredential(new Sensitive(`Bearer ${token.reveal()}`));
  }

  async authorization(): Promise<Sensitive | undefined> {
    return this.value;
  }

  rejected(): void {
    // There is no newer value to read.
  }
}

/**
 * How long a value is used after it was read. client-go re-reads the token file every minute as well; the kubelet renews the token
 * at 80 % of a lifetime of at least ten minutes, so a minute is never too late.
 */
const RE_READ_AFTER_MS = 60_000;

/**
 * A credential that is read again at most every 60 seconds, and immediately after the API server refused it (C13: a projected
 * ServiceAccount token expires while the process runs). Concurrent callers share one read. When a read fails, a value that was never
 * refused stays in use: the kubelet may be replacing the files of the volume.
 */
export class RereadCredential implements ApiCredential {
  #current?: { readonly value: Sensitive | undefined; readonly readAt: number };
  #reading?: Promise<Sensitive | undefined>;
  /** The last value was refused, so `read` must not use a cached copy of it. */
  #refused = false;

  constructor(
    private readonly read: (afterRefusal: boolean) => Promise<Sensitive | undefined>,
    private readonly clock: Clock,
  ) {}

  /**
   * Creates a credential that reads a bearer token from a file, such as the one that the kubelet renews in a pod. As in client-go, the
   * content of the file has priority over `token`, which is used until the file has been read once.
   */
  static tokenFile(path: string, clock: Clock, token?: Sensitive): RereadCredential {
    let wasRead = false;
    return new RereadCredential(async () => {
      try {
        const text = (await readFile(path, 'utf8')).trim();
        if (text === '') {
          throw new Error(`${path} is empty`);
        }
        wasRead = true;
        return new Sensitive(`Bearer ${text}`);
      } catch (error) {
        if (wasRead || !token) {
          throw error;
        }
        return new Sensitive(`Bearer ${token.reveal()}`);
      }
    }, clock);
  }

  async authorization(): Promise<Sensitive | undefined> {
    if (this.#current !== undefined && this.clock.monotonic() - this.#current.readAt < RE_READ_AFTER_MS) {
      return this.#current.value;
    }
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  rejected(value: Sensitive): void {
    // Another request may have been refused with the same old value, and a newer value may already have been read.
    if (this.#current?.value?.equals(value) === true) {
      this.#current = undefined;
      this.#refused = true;
    }
  }

  async #refresh(): Promise<Sensitive | undefined> {
    try {
      const value = await this.read(this.#refused);
      this.#refused = false;
      this.#current = { value, readAt: this.clock.monotonic() };
      return value;
    } catch (cause) {
      if (this.#current !== undefined) {
        return this.#current.value;
      }
      throw new KubeResponseError('CredentialUnavailable', 'The credential for the API server cannot be read', { cause });
    }
  }
}
