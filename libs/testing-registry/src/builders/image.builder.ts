import { createHash, randomBytes } from 'node:crypto';

/** Bytes with their sha256 digest. */
export interface BuiltContent {
  readonly digest: string;
  readonly content: Buffer;
}

/** A manifest with all content that it names. */
export interface BuiltImage extends BuiltContent {
  readonly mediaType: string;
  /** Config and layers. */
  readonly blobs: readonly BuiltContent[];
  /** The manifests of an index. */
  readonly children: readonly BuiltImage[];
}

export interface ImageOptions {
  /** Number of layers; 2 by default. */
  readonly layers?: number;
  /** Size of each layer in bytes; 4 KiB by default. */
  readonly layerBytes?: number;
  /** The manifest to which this one refers. */
  readonly subject?: Pick<BuiltImage, 'digest' | 'mediaType' | 'content'>;
  readonly architecture?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
/** helm's media types (helm.sh/helm/v3/pkg/registry). */
const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json';
const HELM_CONTENT = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** Returns an image with random layers, so that no two images are equal. The layers are not real tar files. */
export function anImage(options: ImageOptions = {}): BuiltImage {
  const { layers = 2, layerBytes = 4096, architecture = 'amd64' } = options;
  const contents = Array.from({ length: layers }, () => aBlob(randomBytes(layerBytes)));
  const config = aBlob(
    JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: contents.map(({ digest }) => digest) } }),
  );
  return aManifest({
    config: { ...config, mediaType: CONFIG },
    layers: contents.map((layer) => ({ ...layer, mediaType: LAYER })),
    options,
  });
}

/** Returns an index with one image for each architecture. */
export function anImageIndex(architectures: readonly string[] = ['amd64', 'arm64'], options: ImageOptions = {}): BuiltImage {
  const children = architectures.map((architecture) => anImage({ ...options, architecture }));
  const content = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: children.map((child, index) => ({ ...descriptor(child), platform: { architecture: architectures[index], os: 'linux' } })),
  });
  return { ...aBlob(content), mediaType: INDEX, blobs: [], children };
}

/** Returns a chart in the form in which `helm push` sends it. */
export function aHelmChart(options: ImageOptions & { readonly name?: string; readonly version?: string } = {}): BuiltImage {
  const { name = 'chart', version = '0.1.0' } = options;
  const config = aBlob(JSON.stringify({ name, version, apiVersion: 'v2' }));
  const content = aBlob(randomBytes(options.layerBytes ?? 4096));
  return aManifest({ config: { ...config, mediaType: HELM_CONFIG }, layers: [{ ...content, mediaType: HELM_CONTENT }], options });
}

/** Returns an artifact without files. Like a signature or an SBOM, it may refer to another manifest. */
export function anArtifact(artifactType: string, options: ImageOptions = {}): BuiltImage {
  const empty = { ...aBlob('{}'), mediaType: 'application/vnd.oci.empty.v1+json' };
  return aManifest({
    config: empty,
    layers: [empty],
    artifactType,
    options: { annotations: { nonce: randomBytes(8).toString('hex') }, ...options },
  });
}

/** Returns the content as a blob. */
export function aBlob(content: Buffer | string): BuiltContent {
  const bytes = Buffer.from(content);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, content: bytes };
}

interface TypedContent extends BuiltContent {
  readonly mediaType: string;
}

interface ManifestParts {
  readonly config: TypedContent;
  readonly layers: readonly TypedContent[];
  readonly artifactType?: string;
  readonly options: ImageOptions;
}

function aManifest({ config, layers, artifactType, options }: ManifestParts): BuiltImage {
  const content = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType,
    config: descriptor(config),
    layers: layers.map(descriptor),
    subject: options.subject && descriptor(options.subject),
    annotations: options.annotations,
  });
  const blobs = [config, ...layers].filter((blob, index, all) => all.findIndex(({ digest }) => digest === blob.digest) === index);
  return {
    ...aBlob(content),
    mediaType: MANIFEST,
    blobs: blobs.map((blob) => ({ digest: blob.digest, content: blob.content })),
    children: [],
  };
}

function descriptor({ mediaType, digest, content }: TypedContent): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: content.length };
}
