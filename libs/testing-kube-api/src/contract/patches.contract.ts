import { at, type JsonObject } from '../kube-api/json';
import { JSON_PATCH, STRATEGIC_MERGE_PATCH } from './contract-client';
import { type ContractContext, messageOf } from './contract-context';
import { widget, WIDGETS } from './widget';

/** The kinds of patches, and the types that support them. */
export function describePatches(context: () => ContractContext): void {
  const path = (...rest: string[]): string => context().api(WIDGETS, 'widgets', ...rest);

  describe('patches', () => {
    it('merges objects, replaces lists and removes fields that are null in a merge patch', async () => {
      await context().create(path(), widget('merge', { spec: { labels: { a: '1', b: '2' }, parts: [{ name: 'x' }, { name: 'y' }] } }));
      const patched = await context().admin.patch(path('merge'), { spec: { labels: { a: null, c: '3' }, parts: [{ name: 'z' }] } });
      expect(patched).toMatchObject({ status: 200 });
      expect(patched.body['spec']).toMatchObject({ labels: { b: '2', c: '3' }, parts: [{ name: 'z', value: 'none' }] });
      expect(at(patched.body, 'spec', 'labels')).not.toHaveProperty('a');
    });

    it('treats a resource version in a merge patch as a precondition', async () => {
      await context().create(path(), widget('condition'));
      const response = await context().admin.patch(path('condition'), { metadata: { resourceVersion: '1' }, spec: { size: 7 } });
      expect(response).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    });

    it('applies a JSON patch completely or not at all', async () => {
      await context().create(path(), widget('steps', { spec: { parts: [{ name: 'a' }] } }));
      const patched = await context().admin.patch(
        path('steps'),
        [
          { op: 'test', path: '/spec/size', value: 5 },
          { op: 'replace', path: '/spec/size', value: 6 },
          { op: 'add', path: '/spec/parts/-', value: { name: 'b' } },
          { op: 'add', path: '/spec/labels', value: { 'a~b/c': 'd' } },
          { op: 'replace', path: '/spec/labels/a~0b~1c', value: 'e' },
        ],
        JSON_PATCH,
      );
      const spec = { size: 6, parts: [{ name: 'a' }, { name: 'b' }], labels: { 'a~b/c': 'e' } };
      expect(patched).toMatchObject({ status: 200, body: { spec } });
      const failed = await context().admin.patch(
        path('steps'),
        [
          { op: 'replace', path: '/spec/size', value: 7 },
          { op: 'test', path: '/spec/size', value: 99 },
        ],
        JSON_PATCH,
      );
      expect(failed).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect((await context().admin.get(path('steps'))).body).toMatchObject({ spec: { size: 6 } });
    });

    it('has no strategic merge patch for custom types', async () => {
      await context().create(path(), widget('strategic'));
      const response = await context().admin.patch(path('strategic'), { spec: { size: 7 } }, STRATEGIC_MERGE_PATCH);
      expect(response).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
      expect(messageOf(response)).toContain('application/merge-patch+json');
    });

    it('merges the lists of built-in types by their keys in a strategic merge patch', async () => {
      await context().create(context().core('services'), service('merged'));
      const patch = { spec: { ports: [{ port: 443, name: 'https' }] } };
      const patched = await context().admin.patch(context().core('services', 'merged'), patch, STRATEGIC_MERGE_PATCH);
      const ports = at(patched.body, 'spec', 'ports') as JsonObject[];
      expect(ports.map(({ port }) => port).sort()).toEqual([443, 80]);
      const removal = { spec: { ports: [{ port: 443, $patch: 'delete' }] } };
      const reduced = await context().admin.patch(context().core('services', 'merged'), removal, STRATEGIC_MERGE_PATCH);
      expect(at(reduced.body, 'spec', 'ports')).toMatchObject([{ port: 80 }]);
    });

    it('refuses a patch whose result is invalid', async () => {
      await context().create(path(), widget('still-valid'));
      expect(await context().admin.patch(path('still-valid'), { spec: { size: 1000 } })).toMatchObject({ status: 422 });
      expect((await context().admin.get(path('still-valid'))).body).toMatchObject({ spec: { size: 5 } });
    });
  });
}

function service(name: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'ExternalName', externalName: 'proxy.example', ports: [{ name: 'http', port: 80 }] },
  };
}
