import fc from 'fast-check';
import { type JsonObject } from './json';
import { applyStrategicMergePatch } from './strategic-merge-patch';

const ports = (...names: string[]): JsonObject => ({ spec: { ports: names.map((port) => ({ port })) } });

describe('applyStrategicMergePatch', () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['merges objects and takes away nulls', { a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }, { a: { c: 2, d: 3 } }],
    ['replaces lists without a key', { rules: [1, 2] }, { rules: [3] }, { rules: [3] }],
    [
      'merges conditions by type',
      {
        status: {
          conditions: [
            { type: 'A', status: 'x' },
            { type: 'B', status: 'x' },
          ],
        },
      },
      {
        status: {
          conditions: [
            { type: 'B', status: 'y' },
            { type: 'C', status: 'z' },
          ],
        },
      },
      {
        status: {
          conditions: [
            { type: 'A', status: 'x' },
            { type: 'B', status: 'y' },
            { type: 'C', status: 'z' },
          ],
        },
      },
    ],
    [
      'adds finalizers as a set and deletes them by value',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['b', 'c'], '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b', 'c'] } },
    ],
    [
      'deletes an item of a list and keeps to the order that is set',
      { spec: { ports: [{ port: 1 }, { port: 2 }, { port: 3 }] } },
      { spec: { ports: [{ port: 2, $patch: 'delete' }], '$setElementOrder/ports': [{ port: 3 }, { port: 1 }] } },
      { spec: { ports: [{ port: 3 }, { port: 1 }] } },
    ],
    [
      'leaves items that the order does not name where they stood before those that it names, however the orders contradict each other',
      ports('a', 'x', 'b', 'y', 'c', 'z'),
      { spec: { '$setElementOrder/ports': [{ port: 'c' }, { port: 'b' }, { port: 'a' }] } },
      ports('x', 'y', 'c', 'b', 'a', 'z'),
    ],
    [
      'puts a new item where the order says, between items that it does not name',
      ports('x', 'a', 'y'),
      { spec: { ports: [{ port: 'n' }], '$setElementOrder/ports': [{ port: 'n' }, { port: 'a' }] } },
      ports('n', 'x', 'a', 'y'),
    ],
    ['replaces an object', { a: { b: 1 } }, { a: { $patch: 'replace', c: 2 } }, { a: { c: 2 } }],
    [
      'replaces a list',
      { spec: { ports: [{ port: 1 }] } },
      { spec: { ports: [{ $patch: 'replace' }, { port: 9 }] } },
      { spec: { ports: [{ port: 9 }] } },
    ],
    ['keeps only some keys', { a: { b: 1, c: 2 } }, { a: { $retainKeys: ['c'], c: 3 } }, { a: { c: 3 } }],
  ])('%s', (_what, document, patch, result) => {
    expect(applyStrategicMergePatch(document, patch)).toEqual(result);
  });

  it('orders a list by no comparison of two items: whatever the orders, it keeps to that of the patch, and to that of the server where the patch says nothing', () => {
    const names = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 8 });
    const list = (numbers: readonly number[]): JsonObject[] => numbers.map((port) => ({ port }));
    fc.assert(
      fc.property(names, names, names, (before, added, wanted) => {
        const patch = { spec: { ports: list(added), '$setElementOrder/ports': list(wanted) } };
        const { spec } = applyStrategicMergePatch({ spec: { ports: list(before) } }, patch) as { spec: { ports: { port: number }[] } };
        const result = spec.ports.map(({ port }) => port);
        const all = [...before, ...added.filter((port) => !before.includes(port))];
        expect([...result].sort()).toEqual([...all].sort());
        expect(result.filter((port) => wanted.includes(port))).toEqual(wanted.filter((port) => all.includes(port)));
        expect(result.filter((port) => !wanted.includes(port))).toEqual(all.filter((port) => !wanted.includes(port)));
      }),
    );
  });
});
