import { anArtifact, aHelmChart, anImage, anImageIndex } from './image.builder';

describe('images', () => {
  it('differ from each other, and name all their content', () => {
    const [one, two] = [anImage({ layers: 3, layerBytes: 10 }), anImage({ layers: 3, layerBytes: 10 })];
    expect(one.digest).not.toBe(two.digest);
    expect(one.blobs).toHaveLength(4);
    for (const { digest } of one.blobs) {
      expect(one.content.toString()).toContain(digest);
    }
  });

  it('can be an index, a chart or an artifact', () => {
    const index = anImageIndex(['amd64', 'arm64', 's390x']);
    expect(index.children.map(({ digest }) => index.content.toString().includes(digest))).toEqual([true, true, true]);
    expect(aHelmChart({ name: 'web' }).content.toString()).toContain('application/vnd.cncf.helm.config.v1+json');
    expect(JSON.parse(anArtifact('a/b', { subject: index }).content.toString())).toMatchObject({
      artifactType: 'a/b',
      subject: { digest: index.digest, mediaType: index.mediaType, size: index.content.length },
    });
  });
});
