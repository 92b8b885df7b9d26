import { countHeader } from './count-header';

it.each([
  ['host', 2],
  ['accept', 1],
  ['a', 0],
  // A value is no name.
  ['x', 0],
])('counts the header %s: %i', (name, count) => {
  expect(countHeader(['Host', 'x', 'HOST', 'accept', 'Accept', 'host'], name)).toBe(count);
});
