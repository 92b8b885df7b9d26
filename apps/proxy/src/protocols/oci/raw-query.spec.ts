import { checkRawQuery, isReturnable, MAX_QUERY_LENGTH, MAX_QUERY_PAIRS, queryValues, withoutParameters } from './raw-query';

describe('a raw query', () => {
  it.each([
    ['a=%41&A=+b&%61=c%2Bd&b=x&a', ['A', ' b', 'c+d', '']],
    ['a=%zz&a=%&a=%ff', ['%zz', '%', '\u00ff']],
    ['', []],
  ])('%s has the values', (query, values) => {
    expect(queryValues(query, 'a')).toEqual(values);
  });

  it('keeps the bytes of parameters that are not removed', () => {
    expect(withoutParameters('n=2&NS=x&last=a%2fb+c&n%73=y&&x=;&%', ['ns'])).toBe('n=2&last=a%2fb+c&&x=;&%');
  });

  it('escapes block the event loop: throws at most once for invalid escapes, and reads nothing beyond the limits', () => {
    const decode = jest.spyOn(globalThis, 'decodeURIComponent');
    expect(() => checkRawQuery('%&'.repeat(31_000))).toThrow(expect.objectContaining({ code: 'QueryTooLong', status: 414 }) as Error);
    expect(() => checkRawQuery('%&'.repeat(MAX_QUERY_PAIRS))).toThrow(
      expect.objectContaining({ code: 'QueryTooLong', message: expect.stringContaining('256 parameters') as string }) as Error,
    );
    const most = '%&'.repeat(MAX_QUERY_PAIRS - 1);
    checkRawQuery(most);
    expect(withoutParameters(most, ['ns'])).toBe(most);
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });

  it.each([
    ['a=1&b', true],
    [`a=${'x'.repeat(MAX_QUERY_LENGTH)}`, false],
    ['a&'.repeat(300), false],
    ['a=1&n%53=b', false],
    ['sealed=x', false],
    ['_method=DELETE', false],
    ['a=\u00fc', false],
  ])('of a registry can be returned by a client: %.20s', (query, expected) => {
    expect(isReturnable(query)).toBe(expected);
  });
});
