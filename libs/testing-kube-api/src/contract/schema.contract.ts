import { at, type JsonObject } from '../kube-api/json';
import { type ContractContext, messageOf } from './contract-context';
import { widget, WIDGETS } from './widget';

/** The schema of a custom type: defaults, pruning, validation and rules. */
export function describeSchema(context: () => ContractContext): void {
  const path = (...rest: string[]): string => context().api(WIDGETS, 'widgets', ...rest);

  describe('schemas', () => {
    it('sets defaults, also in list items and for null', async () => {
      const created = await context().create(path(), widget('defaults', { spec: { size: null, parts: [{ name: 'a' }] } }));
      expect(created).toMatchObject({ spec: { size: 5, parts: [{ name: 'a', value: 'none' }] } });
    });

    it('prunes unknown fields with a warning, but not below preserve-unknown-fields', async () => {
      const response = await context().admin.post(path(), {
        ...widget('pruned', { spec: { typo: 1, free: { any: { thing: [1] } }, labels: { x: 'y' } } }),
        extra: true,
      });
      expect(response.status).toBe(201);
      expect(response.body['spec']).toEqual({
        address: 'https://registry.example',
        size: 5,
        free: { any: { thing: [1] } },
        labels: { x: 'y' },
      });
      expect(response.body).not.toHaveProperty('extra');
      expect(String(response.headers['warning'])).toContain('unknown field \\"spec.typo\\"');
    });

    it('refuses unknown fields in strict mode, and sends no warning when they are ignored', async () => {
      const object = widget('strict', { spec: { typo: 1 } });
      const strict = await context().admin.post(`${path()}?fieldValidation=Strict`, object);
      expect(strict).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(messageOf(strict)).toContain('strict decoding error: unknown field "spec.typo"');
      const ignored = await context().admin.post(`${path()}?fieldValidation=Ignore`, object);
      expect(ignored.status).toBe(201);
      expect(ignored.headers['warning']).toBeUndefined();
    });

    it.each<[string, JsonObject, RegExp]>([
      ['a required field', { address: undefined }, /spec\.address: Required value/],
      ['a type', { address: 5 }, /spec\.address: Invalid value: "integer": spec\.address in body must be of type string/],
      [
        'a pattern',
        { address: 'ftp://x' },
        /spec\.address: Invalid value: "ftp:\/\/x": spec\.address in body should match '\^https\?:\/\/'/,
      ],
      ['a length', { address: `https://${'x'.repeat(40)}` }, /spec\.address: Too long: may not be (more|longer) than 40/],
      ['an enum', { protocol: 'ftp' }, /spec\.protocol: Unsupported value: "ftp": supported values: "oci", "http"/],
      ['a minimum', { size: 0 }, /spec\.size: Invalid value: 0: spec\.size in body should be greater than or equal to 1/],
      ['a maximum', { size: 51 }, /spec\.size: Invalid value: 51: spec\.size in body should be less than or equal to 50/],
      [
        'a number of items',
        { parts: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }] },
        /spec\.parts: Too many: 4: must have at most 3 items/,
      ],
      [
        'unique keys',
        { parts: [{ name: 'a' }, { name: 'a' }] },
        /spec\.parts\[1\]: Duplicate value: (map\[string\]interface \{\})?\{"name":"a"\}/,
      ],
      ['a required key', { parts: [{ value: 'x' }] }, /spec\.parts\[0\]\.name: Required value/],
      ['the type of a map value', { labels: { a: 1 } }, /spec\.labels\.a: Invalid value: "integer"/],
      ['a rule', { size: 13 }, /spec: Invalid value: .*size 13 is unlucky/],
    ])('refuses an object that violates %s', async (_what, spec, message) => {
      const response = await context().admin.post(path(), widget('wrong', { spec }));
      expect(response).toMatchObject({
        status: 422,
        body: { reason: 'Invalid', details: { name: 'wrong', group: 'contract.connectors.alauda.io', kind: 'Widget' } },
      });
      expect(messageOf(response)).toMatch(/^Widget\.contract\.connectors\.alauda\.io "wrong" is invalid: /);
      expect(messageOf(response)).toMatch(message);
    });

    it('reports every problem with its field', async () => {
      const response = await context().admin.post(path(), widget('many', { spec: { address: 'x', size: 99 } }));
      const causes = at(response.body, 'details', 'causes') as JsonObject[];
      expect(causes.map(({ field }) => field).sort()).toEqual(['spec.address', 'spec.size']);
    });

    it('does not evaluate rules on an object with wrong types, and reports that', async () => {
      const response = await context().admin.post(path(), widget('unchecked', { spec: { address: 5, size: 13 } }));
      expect(messageOf(response)).not.toContain('unlucky');
      expect(messageOf(response)).toContain('some validation rules were not checked because the object was invalid');
    });

    it('makes the name available to rules', async () => {
      const response = await context().admin.post(path(), widget('a-name-of-more-than-20-characters'));
      expect(response.status).toBe(422);
      expect(messageOf(response)).toContain('the name must have at most 20 characters');
    });

    it('makes the old value available to transition rules', async () => {
      await context().create(path(), widget('transition'));
      const response = await context().admin.patch(path('transition'), { spec: { address: 'https://other.example' } });
      expect(response.status).toBe(422);
      expect(messageOf(response)).toContain('address is immutable');
      expect((await context().admin.patch(path('transition'), { spec: { size: 6 } })).status).toBe(200);
    });

    it('validates the status, too', async () => {
      await context().create(path(), widget('bad-status'));
      const response = await context().admin.patch(path('bad-status', 'status'), { status: { phase: 7 } });
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    });
  });
}
