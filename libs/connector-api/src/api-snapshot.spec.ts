import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ApiSnapshot, apiSnapshot, compareApi } from './api-snapshot';

const committed = JSON.parse(readFileSync(path.join(__dirname, '../test/crd-snapshot.json'), 'utf8')) as ApiSnapshot;

/** Makes the failure say whether the change is breaking or an addition, and what to do. */
function expectNone(changes: string[], meaning: string): void {
  if (changes.length > 0) {
    throw new Error([meaning, ...changes].join('\n  '));
  }
}

describe('the API', () => {
  const { breaking, additions } = compareApi(committed, apiSnapshot());

  it('accepts every manifest that it accepted before', () => {
    expectNone(breaking, 'BREAKING: manifests that are valid today would be refused. Take the change back:');
  });

  it('matches the recorded snapshot', () => {
    expectNone(additions, 'An addition, which is allowed. Record it with `npm run generate` and commit the snapshot:');
  });
});

describe('compareApi', () => {
  const before: ApiSnapshot = {
    'Connector.spec': { type: 'object', required: true },
    'Connector.spec.kind': { type: 'string', enum: ['a', 'b'], max: 10 },
    'Connector.spec.list': { type: 'array', max: 4 },
    'Connector.spec.list[]': { type: 'object' },
    'Connector.spec.list[].name': { type: 'string', required: true },
  };

  it.each<[string, ApiSnapshot, string[], string[]]>([
    ['nothing', {}, [], []],
    ['a new field', { 'Connector.spec.more': { type: 'string' } }, [], ['Connector.spec.more is new']],
    [
      'a new required field',
      { 'Connector.spec.more': { type: 'string', required: true } },
      ['Connector.spec.more is new and required'],
      [],
    ],
    [
      'a new required field at the top',
      { 'Connector.data': { type: 'string', required: true } },
      ['Connector.data is new and required'],
      [],
    ],
    [
      'a new required field in items',
      { 'Connector.spec.list[].id': { type: 'string', required: true } },
      ['Connector.spec.list[].id is new and required'],
      [],
    ],
    [
      'a required field in a new object',
      { 'Connector.spec.more': { type: 'object' }, 'Connector.spec.more.id': { type: 'string', required: true } },
      [],
      ['Connector.spec.more is new', 'Connector.spec.more.id is new'],
    ],
    [
      'a field that becomes required',
      { 'Connector.spec.list': { type: 'array', max: 4, required: true } },
      ['Connector.spec.list is required now'],
      [],
    ],
    ['a field that becomes optional', { 'Connector.spec': { type: 'object' } }, [], ['Connector.spec is optional now']],
    [
      'another type',
      { 'Connector.spec.list': { type: 'object', max: 4 } },
      ['Connector.spec.list was of type array and is of type object'],
      [],
    ],
    [
      'another enum',
      { 'Connector.spec.kind': { type: 'string', enum: ['b', 'c'], max: 10 } },
      ['Connector.spec.kind no longer allows a'],
      ['Connector.spec.kind allows c now'],
    ],
    ['no enum', { 'Connector.spec.kind': { type: 'string', max: 10 } }, [], ['Connector.spec.kind allows any value now']],
    [
      'an enum where was none',
      { 'Connector.spec.list[].name': { type: 'string', required: true, enum: ['a'] } },
      ['Connector.spec.list[].name allows only a now'],
      [],
    ],
    ['a lower limit', { 'Connector.spec.list': { type: 'array', max: 3 } }, ['Connector.spec.list allows at most 3 now, not 4'], []],
    ['a higher limit', { 'Connector.spec.list': { type: 'array', max: 5 } }, [], ['Connector.spec.list allows more than 4 now']],
    [
      'a limit where was none',
      { 'Connector.spec.list[].name': { type: 'string', required: true, max: 3 } },
      ['Connector.spec.list[].name allows at most 3 now, not Infinity'],
      [],
    ],
  ])('%s', (_name, change, breaking, additions) => {
    expect(compareApi(before, { ...before, ...change })).toEqual({ breaking, additions });
  });

  it('finds removed fields', () => {
    const after = Object.fromEntries(Object.entries(before).filter(([path]) => !path.includes('list')));
    expect(compareApi(before, after).breaking).toEqual([
      'Connector.spec.list was removed',
      'Connector.spec.list[] was removed',
      'Connector.spec.list[].name was removed',
    ]);
  });
});
