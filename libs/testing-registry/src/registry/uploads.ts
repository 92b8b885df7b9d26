import { type Hash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Digest, newHash } from './digest';
import { type Exchange } from './exchange';

/** An upload that was neither finished nor cancelled. */
export interface OpenUpload {
  readonly id: string;
  readonly repository: string;
  readonly receivedBytes: number;
  /** A request is sending data to it at the moment. */
  readonly receiving: boolean;
}

/** One upload session: a growing file and its running sha256. */
export class Upload {
  /** Random part of every Location. A request without it is refused. */
  readonly state = randomBytes(24).toString('base64url');
  receivedBytes = 0;
  receiving = false;
  /** Size in bytes of the last chunk with Content-Range. */
  lastChunkBytes?: number;
  readonly #sha256: Hash = newHash('sha256');
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly repository: string,
    readonly path: string,
  ) {
    writeFileSync(path, '');
  }

  /** Runs one writer after the other: a request whose connection broke may still be ending when the next one arrives. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Appends the request's body as it arrives. If the request is aborted, the bytes before the abort are kept. */
  async append(exchange: Exchange): Promise<void> {
    const file = createWriteStream(this.path, { flags: 'a', highWaterMark: 1 << 20 });
    // An error also rejects `finished` below. Without a listener, the error would end the process first.
    file.on('error', () => undefined);
    this.receiving = true;
    try {
      for await (const chunk of exchange.body()) {
        this.#sha256.update(chunk);
        this.receivedBytes += chunk.length;
        if (!file.write(chunk)) {
          await once(file, 'drain');
        }
      }
    } finally {
      this.receiving = false;
      file.end();
      await finished(file);
    }
  }

  /** Reports whether the received content has this digest. */
  async hasDigest(digest: Digest): Promise<boolean> {
    if (digest.algorithm === 'sha256') {
      return this.#sha256.copy().digest('hex') === digest.hex;
    }
    const hash = newHash(digest.algorithm);
    for await (const chunk of createReadStream(this.path)) {
      hash.update(chunk as Buffer);
    }
    return hash.digest('hex') === digest.hex;
  }
}

/** The open uploads of the registry. */
export class Uploads {
  readonly #open = new Map<string, Upload>();

  constructor(private readonly pathOf: (id: string) => string) {}

  begin(repository: string): Upload {
    const id = randomUUID();
    const upload = new Upload(id, repository, this.pathOf(id));
    this.#open.set(id, upload);
    return upload;
  }

  find(repository: string, id: string): Upload | undefined {
    const upload = this.#open.get(id);
    return upload?.repository === repository ? upload : undefined;
  }

  /** Ends a finished or cancelled upload, and removes its file if it still exists. */
  end(upload: Upload): void {
    this.#open.delete(upload.id);
    rmSync(upload.path, { force: true });
  }

  list(): OpenUpload[] {
    return [...this.#open.values()].map(({ id, repository, receivedBytes, receiving }) => ({ id, repository, receivedBytes, receiving }));
  }
}
