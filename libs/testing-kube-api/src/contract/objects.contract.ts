import { at, type JsonObject } from '../kube-api/json';
import { type ContractContext, messageOf, versionOf } from './contract-context';
import { widget, WIDGETS } from './widget';

/** Creation, replacement and deletion: what the server adds to an object, and what it refuses. */
export function describeObjects(context: () => ContractContext): void {
  const path = (...rest: string[]): string => context().api(WIDGETS, 'widgets', ...rest);
  const create = (object: JsonObject): Promise<JsonObject> => context().create(path(), object);

  describe('objects', () => {
    it('adds identity and times on creation', async () => {
      const created = await create(widget('born'));
      expect(created).toMatchObject({
        kind: 'Widget',
        metadata: {
          name: 'born',
          namespace: context().namespace,
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          resourceVersion: expect.stringMatching(/^\d+$/) as string,
          creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
          generation: 1,
        },
      });
      expect((await context().admin.get(path('born'))).body).toEqual(created);
    });

    it('drops the status of a new object', async () => {
      expect(await create(widget('no-status', { status: { phase: 'Ready' } }))).not.toHaveProperty('status');
    });

    it('generates a name from generateName', async () => {
      const created = await create({ ...widget(''), metadata: { generateName: 'made-' } });
      expect(at(created, 'metadata', 'name')).toMatch(/^made-[a-z0-9]{5}$/);
    });

    it.each<[string, JsonObject, number, RegExp]>([
      ['a name that exists', widget('born'), 409, /^AlreadyExists: widgets\.contract\.connectors\.alauda\.io "born" already exists$/],
      ['no name', { ...widget(''), metadata: {} }, 422, /^Invalid: .*name or generateName is required/],
      ['an invalid name', widget('Not_A_Name'), 422, /^Invalid: .*RFC 1123 subdomain/],
      ['another namespace', widget('x', { metadata: { namespace: 'elsewhere' } }), 400, /^BadRequest: .*does not match the namespace sent/],
      ['another kind', { ...widget('x'), kind: 'Gadget' }, 422, /^Invalid: .*must be Widget/],
      ['another version', { ...widget('x'), apiVersion: 'v1' }, 400, /^BadRequest: .*does not match the expected API version/],
      ['a resource version', widget('x', { metadata: { resourceVersion: '1' } }), 500, /^undefined: resourceVersion should not be set/],
      ['an invalid label', widget('x', { metadata: { labels: { a: 'b c' } } }), 422, /^Invalid: .*metadata\.labels/],
    ])('refuses creation with %s', async (_what, object, code, problem) => {
      const response = await context().admin.post(path(), object);
      expect(response).toMatchObject({ status: code, body: { kind: 'Status', status: 'Failure', code } });
      expect(`${String(response.body['reason'])}: ${messageOf(response)}`).toMatch(problem);
    });

    it('refuses creation in a namespace that does not exist', async () => {
      const response = await context().admin.post(`/apis/${WIDGETS}/namespaces/nowhere-at-all/widgets`, widget('x'));
      expect(response).toMatchObject({
        status: 404,
        body: { reason: 'NotFound', details: { name: 'nowhere-at-all', kind: 'namespaces' } },
      });
    });

    it('answers 404 with a Status for an object that does not exist', async () => {
      for (const response of [await context().admin.get(path('absent')), await context().admin.delete(path('absent'))]) {
        expect(response).toMatchObject({
          status: 404,
          body: { reason: 'NotFound', details: { name: 'absent', group: 'contract.connectors.alauda.io', kind: 'widgets' } },
        });
      }
    });

    it('answers 404 without a Status for a type that is not served', async () => {
      const response = await context().admin.get(context().api(WIDGETS, 'gizmos'));
      expect(response).toMatchObject({ status: 404, body: { text: '404 page not found\n' } });
    });

    it('validates but does not store an object on a dry run', async () => {
      const response = await context().admin.post(`${path()}?dryRun=All`, widget('dry'));
      expect(response.status).toBe(201);
      expect((await context().admin.get(path('dry'))).status).toBe(404);
    });

    it('validates but does not store a patch, an update and a deletion on a dry run', async () => {
      const created = await create(widget('still-dry'));
      const url = `${path('still-dry')}?dryRun=All`;
      const changed = { ...created, spec: { ...(created['spec'] as JsonObject), size: 9 } };
      expect(await context().admin.patch(url, { spec: { size: 9 } })).toMatchObject({ status: 200, body: { spec: { size: 9 } } });
      expect(await context().admin.put(url, changed)).toMatchObject({ status: 200, body: { spec: { size: 9 } } });
      expect(await context().admin.patch(url, { spec: { size: 1000 } })).toMatchObject({ status: 422 });
      expect(await context().admin.delete(url)).toMatchObject({ status: 200 });
      expect((await context().admin.get(path('still-dry'))).body).toEqual(created);
    });

    it('refuses a List instead of an object: the client has to send each item', async () => {
      const list = { apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in-a-list' } }] };
      expect(await context().admin.post(context().core('configmaps'), list)).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(await context().admin.get(context().core('configmaps', 'in-a-list'))).toMatchObject({ status: 404 });
    });

    it('serves the OpenAPI v2 document that kubectl requests before it applies a List', async () => {
      const asked = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
      const { status, headers } = await context().admin.get('/openapi/v2', asked);
      expect({ status, type: headers['content-type'] }).toEqual({
        status: 200,
        type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
      });
      expect((await context().admin.get('/openapi/v2')).body).toMatchObject({ swagger: '2.0', info: { title: 'Kubernetes' } });
    });

    it('refuses an update with an old resource version', async () => {
      const created = await create(widget('contested'));
      const replaced = await context().admin.put(path('contested'), widgetFrom(created, { size: 6 }));
      expect(replaced).toMatchObject({ status: 200, body: { spec: { size: 6 } } });
      const late = await context().admin.put(path('contested'), widgetFrom(created, { size: 7 }));
      expect(late).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      expect(messageOf(late)).toMatch(/the object has been modified; please apply your changes to the latest version/);
      const blind = await context().admin.put(path('contested'), widget('contested', { spec: { size: 8 } }));
      expect(blind).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect((await context().admin.get(path('contested'))).body).toMatchObject({ spec: { size: 6 } });
    });

    it('increments the generation when the spec changes, and keeps the resource version when nothing changes', async () => {
      const created = await create(widget('generations'));
      const same = await context().admin.put(path('generations'), created);
      expect(versionOf(same.body)).toBe(versionOf(created));
      const labelled = await context().admin.patch(path('generations'), { metadata: { labels: { a: 'b' } } });
      expect(labelled.body).toMatchObject({ metadata: { generation: 1, labels: { a: 'b' } } });
      expect(Number(versionOf(labelled.body))).toBeGreaterThan(Number(versionOf(created)));
      const changed = await context().admin.patch(path('generations'), { spec: { size: 9 } });
      expect(changed.body).toMatchObject({ metadata: { generation: 2 } });
    });

    it('keeps fields that only the server sets', async () => {
      const created = await create(widget('kept'));
      const patched = await context().admin.patch(path('kept'), { metadata: { creationTimestamp: null, generation: 99 } });
      expect(patched.status).toBe(200);
      expect(at(patched.body, 'metadata', 'creationTimestamp')).toBe(at(created, 'metadata', 'creationTimestamp'));
      expect(at(patched.body, 'metadata', 'generation')).toBe(1);
    });

    it('changes the status only by its subresource', async () => {
      const created = await create(widget('stateful'));
      const set = await context().admin.put(path('stateful', 'status'), {
        ...widgetFrom(created, { size: 11 }),
        status: { phase: 'Ready' },
      });
      expect(set).toMatchObject({ status: 200, body: { spec: { size: 5 }, status: { phase: 'Ready' }, metadata: { generation: 1 } } });
      const patched = await context().admin.patch(path('stateful', 'status'), {
        metadata: { labels: { a: 'b' } },
        spec: { size: 12 },
        status: { phase: 'Gone' },
      });
      expect(patched.body).toMatchObject({ spec: { size: 5 }, status: { phase: 'Gone' } });
      expect(at(patched.body, 'metadata', 'labels')).toBeUndefined();
      const other = await context().admin.patch(path('stateful'), { spec: { size: 6 }, status: { phase: 'Lost' } });
      expect(other.body).toMatchObject({ spec: { size: 6 }, status: { phase: 'Gone' }, metadata: { generation: 2 } });
    });

    it('answers a deletion with a Status that names the object', async () => {
      const created = await create(widget('doomed'));
      const uid = at(created, 'metadata', 'uid');
      const wrong = await context().admin.delete(path('doomed'), { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } });
      expect(wrong).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
      const deleted = await context().admin.delete(path('doomed'), { preconditions: { uid } });
      expect(deleted).toMatchObject({ status: 200, body: { kind: 'Status', status: 'Success', details: { name: 'doomed', uid } } });
      expect((await context().admin.get(path('doomed'))).status).toBe(404);
    });

    it('keeps a deleted object until its finalizers are removed', async () => {
      await create(widget('finalized', { metadata: { finalizers: ['contract.connectors.alauda.io/hold'] } }));
      const deleted = await context().admin.delete(path('finalized'));
      expect(deleted).toMatchObject({
        status: 200,
        body: { kind: 'Widget', metadata: { deletionTimestamp: expect.any(String) as string } },
      });
      expect((await context().admin.get(path('finalized'))).status).toBe(200);
      await context().admin.patch(path('finalized'), { metadata: { finalizers: null } });
      expect((await context().admin.get(path('finalized'))).status).toBe(404);
    });

    it('deletes a collection by label', async () => {
      await create(widget('old-1', { metadata: { labels: { age: 'old' } } }));
      await create(widget('old-2', { metadata: { labels: { age: 'old' } } }));
      expect((await context().admin.delete(`${path()}?labelSelector=age%3Dold`)).status).toBe(200);
      expect((await context().admin.get(`${path()}?labelSelector=age%3Dold`)).body).toMatchObject({ items: [] });
      expect((await context().admin.get(path('born'))).status).toBe(200);
    });
  });
}

function widgetFrom(object: JsonObject, spec: JsonObject): JsonObject {
  return { ...object, spec: { ...(object['spec'] as JsonObject), ...spec } };
}
