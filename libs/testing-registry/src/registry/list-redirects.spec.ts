import { type ReceivedResponse, sendRequest } from '@oci-connector/testing-kit';
import { anArtifact, anImage, type BuiltImage } from '../builders/image.builder';
import { pushImage } from '../client/push-image';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type ListQuirks } from './list-redirects';

let registry: FixtureRegistry;

async function start(lists: ListQuirks, extraTags = 5): Promise<void> {
  registry = await startFixtureRegistry({ quirks: { lists, extraTags, pageSize: 2 } });
}
afterEach(() => registry.close());

function push(image: BuiltImage, reference = image.digest): Promise<string> {
  return pushImage({ url: registry.url, repository: 'a', reference }, image);
}

/** Follows redirects and Links as RFC 3986 §5 defines, and returns the responses and the URLs that sent them. */
async function readAll(path: string): Promise<{ answers: ReceivedResponse[]; places: string[]; links: string[] }> {
  const answers: ReceivedResponse[] = [];
  const places: string[] = [];
  const links: string[] = [];
  let url: string | undefined = `${registry.url}/v2/${path}`;
  while (url !== undefined) {
    const answer: ReceivedResponse = await sendRequest(url);
    const location: string | undefined = answer.headers.location;
    if (location === undefined) {
      answers.push(answer);
      places.push(url);
    }
    const link = answer.headers['link'] as string | undefined;
    if (link !== undefined) {
      links.push(link);
    }
    const next: string | undefined = location ?? link?.replace(/; rel="next"$/, '').replace(/^<|>$/g, '');
    url = next === undefined ? undefined : new URL(next, url).href;
  }
  return { answers, places, links };
}

describe('lists', () => {
  it.each(['other-path', 'other-host'] as const)('are served at another place, with every page: %s', async (place) => {
    await start({ tags: place, links: ['absolute-path', 'relative', 'bare'] }, 7);
    await push(anImage(), 'v1');
    const { answers, places, links } = await readAll('a/tags/list');
    const tags = answers.flatMap(({ body }) => (JSON.parse(body.toString()) as { tags: string[] }).tags);
    expect(tags).toEqual([...Array.from({ length: 7 }, (_, index) => `t-000000${index}`), 'v1']);
    const origin = place === 'other-host' ? registry.cdnOrigin : registry.origin;
    expect(places.map((url) => url.replace(/\?.*/, ''))).toEqual(Array(4).fill(`${origin}/lists/v2/a/tags/list`));
    expect(links).toEqual([
      expect.stringMatching(/^<\/lists\//),
      expect.stringMatching(/^<\.\/list\?/),
      expect.stringMatching(/^\/lists\/[^<>]+; rel="next"$/),
    ]);
  });

  it('are served at another place for referrers, too, whose relative Link begins like a scheme', async () => {
    await start({ referrers: 'other-host', links: ['relative'] });
    const subject = anImage();
    await push(subject);
    const artifacts = [1, 2, 3].map(() => anArtifact('a/x', { subject }));
    for (const artifact of artifacts) {
      await push(artifact);
    }
    const { answers } = await readAll(`a/referrers/${subject.digest}`);
    const digests = answers.flatMap(({ body }) =>
      (JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest),
    );
    expect(digests.sort()).toEqual(artifacts.map(({ digest }) => digest).sort());
  });

  it('on another host require the signed URL, and refuse any Authorization', async () => {
    await start({ tags: 'other-host' });
    await push(anImage(), 'v1');
    const { headers } = await sendRequest(`${registry.url}/v2/a/tags/list?n=1`);
    const location = headers.location ?? '';
    expect((await sendRequest(location)).status).toBe(200);
    expect((await sendRequest(location.replace('n=1', 'n=2'))).status).toBe(403);
    expect((await sendRequest(location, { headers: { authorization: 'Bearer leaked' } })).status).toBe(400);
  });
});
