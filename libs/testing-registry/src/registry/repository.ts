import { describeManifest, type ManifestFacts } from './manifest-facts';

/** A manifest as it was pushed, byte for byte. */
export interface StoredManifest extends ManifestFacts {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** The form in which a repository is stored on disk. */
export interface RepositoryRecord {
  readonly blobs: readonly string[];
  readonly manifests: readonly { readonly digest: string; readonly mediaType: string; readonly content: string }[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The content of one repository. Manifests are small and stay in memory. */
export class Repository {
  readonly blobs = new Set<string>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tags = new Map<string, string>();

  constructor(readonly name: string) {}

  static restore(name: string, record: RepositoryRecord): Repository {
    const repository = new Repository(name);
    for (const digest of record.blobs) {
      repository.blobs.add(digest);
    }
    for (const { digest, mediaType, content } of record.manifests) {
      repository.put(digest, mediaType, Buffer.from(content, 'base64'));
    }
    for (const [tag, digest] of Object.entries(record.tags)) {
      repository.tags.set(tag, digest);
    }
    return repository;
  }

  toRecord(): RepositoryRecord {
    return {
      blobs: [...this.blobs],
      manifests: [...this.manifests.values()].map(({ digest, mediaType, content }) => ({
        digest,
        mediaType,
        content: content.toString('base64'),
      })),
      tags: Object.fromEntries(this.tags),
    };
  }

  put(digest: string, mediaType: string, content: Buffer): StoredManifest {
    const manifest = { digest, mediaType, content, ...describeManifest(mediaType, content) };
    this.manifests.set(digest, manifest);
    return manifest;
  }

  /** Returns the manifest of a tag or a digest. */
  manifest(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }

  /** Removes a manifest and all its tags; returns false if it does not exist. */
  deleteManifest(digest: string): boolean {
    for (const [tag, target] of this.tags) {
      if (target === digest) {
        this.tags.delete(tag);
      }
    }
    return this.manifests.delete(digest);
  }
}
