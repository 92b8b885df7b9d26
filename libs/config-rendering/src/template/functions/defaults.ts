import { failed } from '../template-problem';
import { toMessage } from '../values/go-string';
import { isTrue } from '../values/go-value';
import { define, defineVariadic, type FunctionTable } from './template-function';

/** Longest part of the message of `fail` that an error shows, in characters. */
const MAX_MESSAGE = 500;

/** sprig: defaults and flow control. */
export const DEFAULTS: FunctionTable = {
  default: defineVariadic(['any'], 'any', ([fallback], [given]) => (isTrue(given) ? given : fallback)),
  empty: define(['any'], ([value]) => !isTrue(value)),
  coalesce: defineVariadic([], 'any', (_fixed, values) => values.find(isTrue) ?? null),
  all: defineVariadic([], 'any', (_fixed, values) => values.every(isTrue)),
  any: defineVariadic([], 'any', (_fixed, values) => values.some(isTrue)),
  ternary: define(['any', 'any', 'bool'], ([whenTrue, whenFalse, condition]) => (condition ? whenTrue : whenFalse)),
  fail: define(['string'], ([message]) => {
    throw failed(`fail: ${toMessage(message).slice(0, MAX_MESSAGE)}`);
  }),
};
