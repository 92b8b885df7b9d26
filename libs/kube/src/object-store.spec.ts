import { type KubeObject } from '@oci-connector/connector-api';
import { ObjectStore, type StoreChange } from './object-store';

const object = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'a', name, uid, resourceVersion },
});
const told = (changes: readonly StoreChange<KubeObject>[]): string[] =>
  changes.map(({ type, key, object: { metadata } }) => `${type} ${key} ${metadata.resourceVersion}`);

describe('ObjectStore', () => {
  const store = (): ObjectStore<KubeObject> => {
    const made = new ObjectStore<KubeObject>({ uid: ({ metadata }) => [metadata.uid ?? ''], none: () => [] });
    made.replace([object('x', '1'), object('y', '2')]);
    return made;
  };

  it.each<[string, (store: ObjectStore<KubeObject>) => StoreChange<KubeObject>[], string[]]>([
    ['a new object', (s) => s.put(object('z', '3')), ['added a/z 3']],
    ['a changed object', (s) => s.put(object('x', '3')), ['modified a/x 3']],
    ['the same version again', (s) => s.put(object('x', '1')), []],
    ['the same name, another object', (s) => s.put(object('x', '3', 'new')), ['deleted a/x 1', 'added a/x 3']],
    ['a deletion', (s) => s.delete(object('x', '3')), ['deleted a/x 3']],
    ['a deletion of an unknown object', (s) => s.delete(object('z', '3')), []],
    ['an equal list', (s) => s.replace([object('x', '1'), object('y', '2')]), []],
    ['an empty list', (s) => s.replace([]), ['deleted a/x 1', 'deleted a/y 2']],
    ['another list', (s) => s.replace([object('y', '5'), object('z', '6')]), ['deleted a/x 1', 'modified a/y 5', 'added a/z 6']],
  ])('%s', (_name, change, expected) => {
    expect(told(change(store()))).toEqual(expected);
  });

  it('updates its indexes', () => {
    const filled = store();
    const names = (uid: string): string[] => filled.byIndex('uid', uid).map(({ metadata }) => metadata.name);
    expect([names('x'), names('y'), names('z')]).toEqual([['x'], ['y'], []]);
    filled.put(object('x', '3', 'y'));
    expect([names('x'), names('y').sort()]).toEqual([[], ['x', 'y']]);
    filled.delete(object('x', '4', 'y'));
    expect(names('y')).toEqual(['y']);
    filled.replace([object('x', '5', 'z')]);
    expect([names('y'), names('z'), filled.size]).toEqual([[], ['x'], 1]);
  });

  it('refuses an undeclared index', () => {
    expect(() => store().byIndex('class', 'oci')).toThrow('There is no index "class"');
  });
});
