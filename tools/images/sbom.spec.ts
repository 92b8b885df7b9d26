import { npmPart, spdxOf, type SbomOptions } from './sbom';

const options: SbomOptions = {
  image: 'connectors-proxy',
  epoch: '1700000000',
  parts: [
    {
      name: 'node',
      version: '24.21.0',
      licence: 'MIT',
      purl: 'pkg:generic/node@24.21.0',
      cpe: 'cpe:2.3:a:nodejs:node.js:24.21.0:*:*:*:*:*:*:*',
    },
    npmPart('node_modules/a/node_modules/@scope/b', { version: '1.2.3', license: 'ISC', integrity: 'sha512-AQID' }),
    npmPart('node_modules/c', { version: '2.0.0' }),
  ],
};

interface Document {
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string };
  readonly packages: readonly Readonly<Record<string, unknown>>[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
}

const parse = (text: string): Document => JSON.parse(text) as Document;

describe('the SBOM of an image', () => {
  it('has for each part its version, licence, checksum and the names that scanners know', () => {
    const [image, node, scoped, bare] = parse(spdxOf(options)).packages;
    expect(image).toMatchObject({ name: 'connectors-proxy', licenseDeclared: 'Apache-2.0' });
    expect(image).not.toHaveProperty('externalRefs');
    expect(node?.['externalRefs']).toEqual([
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:generic/node@24.21.0' },
      { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:a:nodejs:node.js:24.21.0:*:*:*:*:*:*:*' },
    ]);
    expect(scoped).toMatchObject({
      name: '@scope/b',
      versionInfo: '1.2.3',
      licenseDeclared: 'ISC',
      checksums: [{ algorithm: 'SHA512', checksumValue: '010203' }],
      externalRefs: [{ referenceLocator: 'pkg:npm/%40scope/b@1.2.3' }],
    });
    expect(bare).toMatchObject({ name: 'c', licenseDeclared: 'NOASSERTION' });
    expect(bare).not.toHaveProperty('checksums');
  });

  it('says that the image contains every part', () => {
    const { packages, relationships } = parse(spdxOf(options));
    const ids = packages.map(({ SPDXID }) => SPDXID);
    expect(new Set(ids).size).toBe(4);
    expect(relationships).toEqual([
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: ids[0] },
      ...ids.slice(1).map((id) => ({ spdxElementId: ids[0], relationshipType: 'CONTAINS', relatedSpdxElement: id })),
    ]);
  });

  it('is the same text for the same image, and has another name for another one', () => {
    expect(spdxOf(options)).toBe(spdxOf(options));
    expect(parse(spdxOf(options)).creationInfo.created).toBe('2023-11-14T22:13:20Z');
    const other = { ...options, parts: options.parts.slice(1) };
    expect(parse(spdxOf(other)).documentNamespace).not.toBe(parse(spdxOf(options)).documentNamespace);
  });

  it('leaves out the version of a program that is not known', () => {
    const [, node] = parse(spdxOf({ ...options, parts: [{ name: 'node', purl: 'pkg:generic/node' }] })).packages;
    expect(node).not.toHaveProperty('versionInfo');
  });
});
