/** The facts that a registry needs about a manifest. Manifests and indexes of image-spec and of Docker have the same fields. */
export interface ManifestFacts {
  /** The `mediaType` field of the document. */
  readonly statedMediaType?: string;
  /** Blobs that must exist in the same repository. */
  readonly blobs: readonly string[];
  /** Manifests of an index, which must exist in the same repository. */
  readonly children: readonly string[];
  readonly subject?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Descriptor {
  readonly digest?: unknown;
  readonly mediaType?: unknown;
  readonly urls?: unknown;
}

interface Document {
  readonly mediaType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Record<string, string>;
}

/** A manifest whose media type is JSON is not a JSON object. */
export class ManifestSyntaxError extends Error {}

/**
 * Reads the facts about a manifest. A manifest whose media type is not JSON names no other content.
 *
 * @throws ManifestSyntaxError when the media type is JSON and the content is not a JSON object
 */
export function describeManifest(mediaType: string, content: Buffer): ManifestFacts {
  if (!/[+/]json$/.test(mediaType)) {
    return { blobs: [], children: [] };
  }
  const document = parse(content);
  return {
    statedMediaType: document.mediaType,
    blobs: [document.config, ...(document.layers ?? [])].flatMap((descriptor) => neededBlob(descriptor)),
    children: (document.manifests ?? []).flatMap((descriptor) => digestText(descriptor)),
    subject: digestText(document.subject)[0],
    artifactType: artifactType(document),
    annotations: document.annotations,
  };
}

function parse(content: Buffer): Document {
  let document: unknown;
  try {
    document = JSON.parse(content.toString('utf8'));
  } catch {
    throw new ManifestSyntaxError('the manifest is not JSON');
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ManifestSyntaxError('the manifest is not a JSON object');
  }
  return document;
}

/** Returns the digest of a required blob. Layers stored elsewhere (`urls`, "nondistributable") are not required: image-spec, layer.md. */
function neededBlob(descriptor: Descriptor | undefined): string[] {
  const foreign = /nondistributable|foreign/.test(String(descriptor?.mediaType)) || Array.isArray(descriptor?.urls);
  return foreign ? [] : digestText(descriptor);
}

function digestText(descriptor: Descriptor | undefined): string[] {
  return typeof descriptor?.digest === 'string' ? [descriptor.digest] : [];
}

/** Returns `artifactType`, or the config's media type if an image manifest has none (distribution-spec, "Listing Referrers"). */
function artifactType(document: Document): string | undefined {
  if (document.artifactType !== undefined && document.artifactType !== '') {
    return document.artifactType;
  }
  return typeof document.config?.mediaType === 'string' ? document.config.mediaType : undefined;
}
