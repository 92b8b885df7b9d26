import { evaluateJsonPath } from './json-path';

const object = {
  metadata: { name: 'hub', annotations: { 'a.b/c': 'dotted' } },
  list: [1, 2, 3],
  conditions: [
    { type: 'Ready', status: 'False' },
    { type: 'LivenessReady', status: 'True' },
  ],
};

describe('evaluateJsonPath', () => {
  it.each<[string, unknown[]]>([
    ['.metadata.name', ['hub']],
    ['.metadata.absent', []],
    [".metadata.annotations['a.b/c']", ['dotted']],
    ['.metadata.annotations.a\\.b/c', ['dotted']],
    ['.list[1]', [2]],
    ['.list[-1]', [3]],
    ['.list[*]', [1, 2, 3]],
    ['.conditions[?(@.type=="Ready")].status', ['False']],
    [".conditions[?(@.type!='Ready')].status", ['True']],
    ['.conditions[*].status', ['False', 'True']],
  ])('%s', (path, values) => {
    expect(evaluateJsonPath(path, object)).toEqual(values);
  });
});
