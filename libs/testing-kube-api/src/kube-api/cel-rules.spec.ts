import { CelRules, CelRulesUnsupported } from './cel-rules';
import { type Schema, type ValidationRule } from './schema';

function withRule(rule: ValidationRule, properties: Schema['properties'] = {}): CelRules {
  return new CelRules({ type: 'object', properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': [rule] } } });
}

const problemsOf = (rules: CelRules, spec: object, old?: object): string[] =>
  rules.evaluate({ spec }, old && { spec: old }).map(({ field, message }) => `${field}: ${message}`);

describe('CelRules', () => {
  it('passes integers as int, numbers as double, and reserved words under escaped names', () => {
    const rule = {
      rule: 'self.count / 2 == 3 && self.ratio == 0.5 && self.__namespace__ == "n" && self.a__dash__b == "c"',
      message: 'wrong',
    };
    const rules = withRule(rule, {
      count: { type: 'integer' },
      ratio: { type: 'number' },
      namespace: { type: 'string' },
      'a-b': { type: 'string' },
    });
    expect(problemsOf(rules, { count: 7, ratio: 0.5, namespace: 'n', 'a-b': 'c' })).toEqual([]);
    expect(problemsOf(rules, { count: 9, ratio: 0.5, namespace: 'n', 'a-b': 'c' })).toEqual(['spec: Invalid value: wrong']);
  });

  it('parses URLs', () => {
    const rules = withRule(
      { rule: 'isURL(self.url) && url(self.url).getScheme() == "https"', message: 'no https URL' },
      { url: { type: 'string' } },
    );
    expect(problemsOf(rules, { url: 'https://a.example' })).toEqual([]);
    expect(problemsOf(rules, { url: 'http://a.example' })).toHaveLength(1);
    expect(problemsOf(rules, { url: 'nonsense' })).toHaveLength(1);
  });

  it('takes message, reason and field path from the rule', () => {
    const computed = withRule(
      { rule: 'self.a == 1', messageExpression: '"a is " + string(self.a)', reason: 'FieldValueForbidden', fieldPath: '.a' },
      { a: { type: 'integer' } },
    );
    expect(problemsOf(computed, { a: 2 })).toEqual(['spec.a: Forbidden: a is 2']);
    expect(problemsOf(withRule({ rule: 'has(self.a)' }), {})).toEqual(['spec: Invalid value: failed rule: has(self.a)']);
  });

  it('reports a violation when the evaluation of a rule fails', () => {
    expect(problemsOf(withRule({ rule: 'self.absent == 1' }), { a: 1 })).toEqual([
      expect.stringMatching(/^spec: Invalid value: rule evaluation error: /),
    ]);
  });

  it('checks items and map values, names their path, and skips unchanged values', () => {
    const named: Schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        value: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self != "bad"', message: 'is bad' }] },
      },
    };
    const rules = new CelRules({
      type: 'object',
      properties: {
        list: { type: 'array', items: named, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        map: { type: 'object', additionalProperties: named },
      },
    });
    const bad = { name: 'a', value: 'bad' };
    const fields = (value: object, old?: object): string[] => rules.evaluate(value, old).map(({ field }) => field);
    expect(fields({ list: [{ name: 'x', value: 'good' }, bad], map: { k: bad } })).toEqual(['list[1].value', 'map.k.value']);
    expect(fields({ list: [{ name: 'b', value: 'bad' }, bad] }, { list: [bad] })).toEqual(['list[0].value']);
  });

  it('reports every rule that it cannot evaluate', () => {
    const schema: Schema = {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'nothing(self)' }],
      properties: { a: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self ==' }, { rule: '1 + 1' }, { rule: 'true' }] } },
    };
    const compile = (): CelRules => new CelRules(schema);
    expect(compile).toThrow(CelRulesUnsupported);
    expect(compile).toThrow(/<root>: nothing\(self\).*\n*.*a: self ==/s);
  });
});
