/** What a registry has to know of a manifest: image-spec's manifest and index, and Docker's, which have the same fields. */
export interface ManifestFacts {
  /** The `mediaType` that the document itself states. */
  readonly statedMediaType?: string;
  /** Blobs that it needs in the same repository. */
  readonly blobs: readonly string[];
  /** Manifests that an index needs in the same repository. */
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

/** Thrown for a document that says it is JSON and is not an object. */
export class ManifestSyntaxError extends Error {}

/** Reads the facts; a media type that is not JSON is stored as it is, with none. */
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

/** Layers that are to be had elsewhere (`urls`, "nondistributable") need not be here: image-spec, layer.md. */
function neededBlob(descriptor: Descriptor | undefined): string[] {
  const foreign = /nondistributable|foreign/.test(String(descriptor?.mediaType)) || Array.isArray(descriptor?.urls);
  return foreign ? [] : digestText(descriptor);
}

function digestText(descriptor: Descriptor | undefined): string[] {
  return typeof descriptor?.digest === 'string' ? [descriptor.digest] : [];
}

/** distribution-spec, "Listing Referrers": `artifactType`, or the config's media type when an image manifest states none. */
function artifactType(document: Document): string | undefined {
  if (document.artifactType !== undefined && document.artifactType !== '') {
    return document.artifactType;
  }
  return typeof document.config?.mediaType === 'string' ? document.config.mediaType : undefined;
}
