import { listsOnly } from './header-list';

describe('listsOnly', () => {
  const names = new Set(['h2c', 'tls/1.0']);

  it.each([
    ['h2c', true],
    ['H2C , TLS/1.0', true],
    ['h2c, websocket', false],
    ['h2c,', false],
    ['', false],
  ])('%j: %s', (list, expected) => {
    expect(listsOnly(list, names)).toBe(expected);
  });

  it('contains no name by default', () => {
    expect(listsOnly('h2c')).toBe(false);
  });
});
