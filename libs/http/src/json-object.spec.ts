import { isJsonObject, parseJsonObject } from './json-object';

describe('isJsonObject', () => {
  it.each([[{}], [{ a: [] }], [Object.create(null)]])('%j is an object', (value: unknown) => {
    expect(isJsonObject(value)).toBe(true);
  });

  it.each([[null], [undefined], [[]], ['{}'], [1], [true]])('%j is not an object', (value: unknown) => {
    expect(isJsonObject(value)).toBe(false);
  });
});

describe('parseJsonObject', () => {
  it('returns the object with its members', () => {
    expect(parseJsonObject(' {"a": {"b": [1, null]}}\n')).toEqual({ a: { b: [1, null] } });
  });

  it.each(['', 'null', '[]', '"{}"', '1', 'true', '{', '{}{}', '<html>', '\ufeff{}', "{'a': 1}"])('returns undefined for %j', (text) => {
    expect(parseJsonObject(text)).toBeUndefined();
  });

  it('treats __proto__ like any other member', () => {
    const value = parseJsonObject('{"__proto__": {"polluted": true}}');
    expect(Object.keys(value ?? {})).toEqual(['__proto__']);
    expect(value).not.toHaveProperty('polluted');
  });
});
