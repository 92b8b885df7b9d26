import { asList, asText, at, type JsonObject } from '../kube-api/json';
import { METADATA_LIST, METADATA_ONLY } from './contract-client';
import { type ContractContext, versionOf } from './contract-context';
import { WIDGETS } from './widget';

/** Lists and watches, on which reflectors rely. The tests use Secrets: every API server has them, and they are watched as metadata only. */
export function describeListsAndWatches(context: () => ContractContext): void {
  const path = (...rest: string[]): string => context().core('secrets', ...rest);
  const create = (name: string, metadata: JsonObject = {}): Promise<JsonObject> => context().create(path(), secret(name, metadata));
  const listed = async (query: string): Promise<string[]> => namesOf((await context().admin.get(`${path()}?${query}`)).body);
  const currentVersion = async (): Promise<string> => versionOf((await context().admin.get(path())).body);

  describe('lists', () => {
    beforeAll(async () => {
      await create('list-a', { labels: { set: 'list', tier: 'front' } });
      await create('list-b', { labels: { set: 'list', tier: 'back' } });
      await create('list-c', { labels: { set: 'list' } });
    });

    it('have their own kind and version, and are sorted by name', async () => {
      const { body } = await context().admin.get(`${path()}?labelSelector=set%3Dlist`);
      expect(body).toMatchObject({
        kind: 'SecretList',
        apiVersion: 'v1',
        metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as string },
      });
      expect(namesOf(body)).toEqual(['list-a', 'list-b', 'list-c']);
    });

    it.each([
      ['tier=front', ['list-a']],
      ['tier!=front,set=list', ['list-b', 'list-c']],
      ['tier in (front,back)', ['list-a', 'list-b']],
      ['tier notin (front),set', ['list-b', 'list-c']],
      ['set,!tier', ['list-c']],
    ])('select by label %s', async (selector, names) => {
      expect(await listed(`labelSelector=${encodeURIComponent(selector)}`)).toEqual(names);
    });

    it('select by field', async () => {
      expect(await listed('fieldSelector=metadata.name%3Dlist-b')).toEqual(['list-b']);
      expect(await listed('fieldSelector=type%3Dkubernetes.io/tls')).toEqual([]);
      expect(await context().admin.get(`${path()}?fieldSelector=data.x%3Dy`)).toMatchObject({ status: 400 });
      expect(await context().admin.get(`${path()}?labelSelector=a%3D%3D%3Db`)).toMatchObject({ status: 400 });
    });

    it('have pages that all show the same state', async () => {
      const query = 'labelSelector=set%3Dlist&limit=2';
      const first = await context().admin.get(`${path()}?${query}`);
      expect(namesOf(first.body)).toEqual(['list-a', 'list-b']);
      await create('list-d', { labels: { set: 'list' } });
      const token = encodeURIComponent(asText(at(first.body, 'metadata', 'continue')));
      const second = await context().admin.get(`${path()}?${query}&continue=${token}`);
      expect(namesOf(second.body)).toEqual(['list-c']);
      expect(at(second.body, 'metadata', 'continue') ?? '').toBe('');
      expect(versionOf(second.body)).toBe(versionOf(first.body));
    });

    it('are served as metadata only', async () => {
      const { body } = await context().admin.get(`${path()}?labelSelector=tier%3Dfront`, METADATA_LIST);
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'list-a' } }],
      });
      expect(JSON.stringify(body)).not.toContain('c2VjcmV0');
      const one = await context().admin.get(path('list-a'), METADATA_ONLY);
      expect(one.body).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
      expect(one.body).not.toHaveProperty('data');
    });

    it('can include all namespaces', async () => {
      const { body } = await context().admin.get('/api/v1/secrets?labelSelector=tier%3Dfront');
      expect(namesOf(body)).toContain('list-a');
    });

    it('are sent as tables to kubectl', async () => {
      const { body } = await context().admin.get(`${path()}?labelSelector=tier%3Dfront`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
      expect(body).toMatchObject({
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        rows: [{ cells: ['list-a', 'Opaque', 1, expect.any(String)] }],
      });
      const columns = asList(body['columnDefinitions']) as JsonObject[];
      expect(columns.map(({ name }) => name)).toEqual(['Name', 'Type', 'Data', 'Age']);
    });
  });

  describe('watches', () => {
    it('report creation, change and deletion in order, starting from a list', async () => {
      await create('before');
      const watch = await context().admin.watch(`${path()}?resourceVersion=${await currentVersion()}`);
      const created = await create('watched');
      await context().admin.patch(path('watched'), { metadata: { labels: { a: 'b' } } });
      await context().admin.delete(path('watched'));
      const events = [await watch.next(), await watch.next(), await watch.next()];
      watch.close();
      expect(events.map(({ type, object }) => [type, at(object, 'metadata', 'name')])).toEqual([
        ['ADDED', 'watched'],
        ['MODIFIED', 'watched'],
        ['DELETED', 'watched'],
      ]);
      const versions = events.map(({ object }) => Number(versionOf(object)));
      expect(versions).toEqual([...versions].sort((a, b) => a - b));
      expect(versions[0]).toBe(Number(versionOf(created)));
      expect(new Set(versions).size).toBe(3);
    });

    it('replay changes since a version', async () => {
      const version = await currentVersion();
      await create('replayed');
      const watch = await context().admin.watch(`${path()}?resourceVersion=${version}`);
      expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'replayed' } } });
      watch.close();
    });

    it('begin with the current state at version 0', async () => {
      await create('present');
      const watch = await context().admin.watch(`${path()}?resourceVersion=0&fieldSelector=metadata.name%3Dpresent`);
      expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'present' } } });
      watch.close();
    });

    it('report an object that begins or ceases to match as created or deleted', async () => {
      await create('moving');
      const watch = await context().admin.watch(`${path()}?labelSelector=move%3Dyes&resourceVersion=${await currentVersion()}`);
      await context().admin.patch(path('moving'), { metadata: { labels: { move: 'yes' } } });
      await context().admin.patch(path('moving'), { metadata: { labels: { move: 'no' } } });
      expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'moving' } } });
      expect(await watch.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'moving' } } });
      watch.close();
    });

    it('can contain only metadata', async () => {
      const watch = await context().admin.watch(`${path()}?resourceVersion=${await currentVersion()}`, METADATA_ONLY);
      await create('veiled');
      const event = await watch.next();
      watch.close();
      expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'PartialObjectMetadata', metadata: { name: 'veiled' } } });
      expect(event.object).not.toHaveProperty('data');
    });

    it('end at their timeout, after a bookmark with the latest version', async () => {
      const query = `resourceVersion=${await currentVersion()}&timeoutSeconds=6&allowWatchBookmarks=true`;
      const watch = await context().admin.watch(`${path()}?${query}`);
      const elsewhere = `/api/v1/namespaces/${context().otherNamespace}/secrets`;
      const unseen = await context().create(elsewhere, secret('elsewhere', {}));
      const events = await watch.rest();
      expect(events.map(({ type }) => type)).not.toContain('ADDED');
      const bookmark = events.find(({ type }) => type === 'BOOKMARK');
      expect(bookmark).toMatchObject({ object: { kind: 'Secret', apiVersion: 'v1' } });
      expect(Number(versionOf(bookmark?.object))).toBeGreaterThanOrEqual(Number(versionOf(unseen)));
    });

    it('end without a bookmark if the client did not request bookmarks', async () => {
      const watch = await context().admin.watch(`${path()}?resourceVersion=${await currentVersion()}&timeoutSeconds=1`);
      expect((await watch.rest()).filter(({ type }) => type === 'BOOKMARK')).toEqual([]);
    });

    it('answer 410 for a version that is too old', async () => {
      // The type was created after that version. For older types, the history of the server may still contain the version.
      const watch = await context().admin.watch(`${context().api(WIDGETS, 'widgets')}?resourceVersion=1&timeoutSeconds=5`);
      expect(watch.status).toBe(200);
      expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
      watch.close();
    });
  });
}

function secret(name: string, metadata: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, data: { password: 'c2VjcmV0' } };
}

function namesOf(list: JsonObject): string[] {
  return asList(list['items']).map((item) => asText(at(item, 'metadata', 'name')));
}
