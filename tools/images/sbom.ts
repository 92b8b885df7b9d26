import { createHash } from 'node:crypto';
import { VERSION } from '@oci-connector/runtime';

/** A part of an image. */
export interface Part {
  readonly name: string;
  /** Undefined if it is not known. */
  readonly version?: string;
  /** SPDX expression. */
  readonly licence?: string;
  /** Package URL; https://github.com/package-url/purl-spec. That of an image needs its digest, which is not known yet. */
  readonly purl?: string;
  /** Name in databases of vulnerabilities that do not use package URLs. */
  readonly cpe?: string;
  /** SHA-512 of the package in the npm registry, in hexadecimal. */
  readonly sha512?: string;
}

/** An entry of package-lock.json. */
export interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  /** As in Subresource Integrity. */
  readonly integrity?: string;
}

/** Describes an npm package. @param directory of the package, its key in package-lock.json */
export function npmPart(directory: string, { version, license, integrity }: LockedPackage): Part {
  const name = directory.slice(directory.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const [, sha512] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? [];
  return {
    name,
    version,
    licence: license,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(sha512 === undefined ? {} : { sha512: Buffer.from(sha512, 'base64').toString('hex') }),
  };
}

export interface SbomOptions {
  /** Such as `connectors-proxy`. */
  readonly image: string;
  /** Time of the image, in seconds since the epoch. */
  readonly epoch: string;
  readonly parts: readonly Part[];
}

/** Returns a software bill of materials: JSON of SPDX 2.3. The same image has the same text. */
export function spdxOf({ image, epoch, parts }: SbomOptions): string {
  const root = 'SPDXRef-image';
  const own: Part = { name: image, version: VERSION, licence: 'Apache-2.0' };
  const packages = [{ id: root, part: own }, ...parts.map((part, index) => ({ id: `SPDXRef-${index + 1}`, part }))];
  const described = packages.map(({ id, part }) => spdxPackage(id, part));
  const digest = createHash('sha256')
    .update(JSON.stringify([epoch, described]))
    .digest('hex');
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${image}-${VERSION}`,
    documentNamespace: `https://spdx.org/spdxdocs/${image}-${VERSION}-${digest}`,
    creationInfo: { created: isoTime(epoch), creators: [`Tool: oci-connector-${VERSION}`] },
    comment:
      'Contains what this project adds to the base image, and the programs that it runs. Scanners read the rest from the base image.',
    packages: described,
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: root },
      ...packages.slice(1).map(({ id }) => ({ spdxElementId: root, relationshipType: 'CONTAINS', relatedSpdxElement: id })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Formats a time as SPDX and OCI annotations have it. */
export const isoTime = (epoch: string): string => new Date(Number(epoch) * 1000).toISOString().replace('.000Z', 'Z');

function spdxPackage(id: string, { name, version, licence, purl, cpe, sha512 }: Part): object {
  const references = [
    ...(purl === undefined ? [] : [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }]),
    ...(cpe === undefined ? [] : [{ referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: cpe }]),
  ];
  return {
    SPDXID: id,
    name,
    ...(version === undefined ? {} : { versionInfo: version }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: licence ?? 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(references.length === 0 ? {} : { externalRefs: references }),
    ...(sha512 === undefined ? {} : { checksums: [{ algorithm: 'SHA512', checksumValue: sha512 }] }),
  };
}
