import { ApiServer, json, refuse, type Answer } from '../test/api-server';
import { KubeClient, type KubeClientOptions } from './kube-client';
import { Secrets } from './resource-type';

let server: ApiServer;
let client: KubeClient;

async function serve(answer: Answer, options?: KubeClientOptions): Promise<void> {
  server = await ApiServer.start(answer);
  client = KubeClient.fromConnection(server.connection(), options);
}

async function failure(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: Error) => error,
  );
}

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('KubeClient.list', () => {
  const item = (name: string): object => ({ metadata: { namespace: 'team-a', name, resourceVersion: '1' } });

  it('reads page after page and adds apiVersion and kind to the items', async () => {
    await serve((request, response) => {
      const second = request.url.searchParams.get('continue') === 'page-2';
      json(response, 200, {
        metadata: { resourceVersion: '40', ...(!second && { continue: 'page-2' }) },
        items: [item(second ? 'b' : 'a')],
      });
    });
    const list = await client.list(Secrets, { namespace: 'team-a', labelSelector: 'app=x', fieldSelector: 'type=Opaque' });
    expect(list.resourceVersion).toBe('40');
    expect(list.items.map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name])).toEqual([
      ['v1', 'Secret', 'a'],
      ['v1', 'Secret', 'b'],
    ]);
    expect(server.requests.map(({ url }) => url.search)).toEqual([
      '?labelSelector=app%3Dx&fieldSelector=type%3DOpaque&limit=500',
      '?labelSelector=app%3Dx&fieldSelector=type%3DOpaque&limit=500&continue=page-2',
    ]);
  });

  it('starts again when the snapshot expires between two pages, the last time without pages', async () => {
    await serve((request, response) => {
      const query = request.url.searchParams;
      if (query.has('continue')) {
        refuse(response, 410, 'Expired');
      } else {
        json(response, 200, { metadata: { resourceVersion: '4', ...(query.has('limit') && { continue: 'x' }) }, items: [item('a')] });
      }
    });
    expect((await client.list(Secrets)).items).toHaveLength(1);
    expect(server.requests.map(({ url }) => url.search)).toEqual([
      '?limit=500',
      '?limit=500&continue=x',
      '?limit=500',
      '?limit=500&continue=x',
      '',
    ]);
  });

  it('gives up when even that gets a 410', async () => {
    await serve((_request, response) => refuse(response, 410, 'Expired'));
    expect(await failure(client.list(Secrets))).toMatchObject({ isGone: true });
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    [{ metadata: { resourceVersion: '4' }, items: null }, 0],
    [{ metadata: { resourceVersion: '4' } }, 0],
  ])('reads an empty list in any of its forms', async (body, length) => {
    await serve((_request, response) => json(response, 200, body));
    expect((await client.list(Secrets)).items).toHaveLength(length);
  });

  it('refuses a response that is not a list, and a page that is too large', async () => {
    await serve((_request, response) => json(response, 200, { items: [item('a')] }), { maxListBytes: 200 });
    expect(await failure(client.list(Secrets))).toMatchObject({ code: 'ResponseInvalid' });
    server.answer = (_request, response) => json(response, 200, { metadata: { resourceVersion: '4' }, items: [item('a'.repeat(300))] });
    expect(await failure(client.list(Secrets))).toMatchObject({ code: 'ResponseTooLarge' });
  });
});
