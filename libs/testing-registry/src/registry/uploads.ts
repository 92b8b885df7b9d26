import { type Hash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, rmSync, writeFileSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Digest, newHash } from './digest';
import { type Exchange } from './exchange';

/** An upload that was begun and neither finished nor cancelled. */
export interface OpenUpload {
  readonly id: string;
  readonly repository: string;
  readonly receivedBytes: number;
  /** A request is sending into it at this moment. */
  readonly receiving: boolean;
}

/** One upload session: a file that grows, and the running sha256 of it. */
export class Upload {
  /** Unguessable, part of every Location; a request without it is not for this upload. */
  readonly state = randomBytes(24).toString('base64url');
  receivedBytes = 0;
  receiving = false;
  /** Size of the last chunk that came with Content-Range. */
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

  /** Runs one writer after the other: a request whose connection broke may still be ending when the next one comes. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** Appends the request's body as it arrives; on an abort what came before it stays. */
  async append(exchange: Exchange): Promise<void> {
    const file = createWriteStream(this.path, { flags: 'a', highWaterMark: 1 << 20 });
    // An error also rejects `finished` below; without a listener it would end the process before that.
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

  /** True when all that was received has this digest. */
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

  /** Ends a finished or cancelled upload and removes its file, if that is still there. */
  end(upload: Upload): void {
    this.#open.delete(upload.id);
    rmSync(upload.path, { force: true });
  }

  list(): OpenUpload[] {
    return [...this.#open.values()].map(({ id, repository, receivedBytes, receiving }) => ({ id, repository, receivedBytes, receiving }));
  }
}
