import { deepEqual } from '../values/deep-equal';
import { kindName, typeName } from '../values/go-value';
import { define, type FunctionTable } from './template-function';

/** sprig: types, by Go's names. */
export const TYPES: FunctionTable = {
  typeOf: define(['any'], ([value]) => typeName(value)),
  typeIs: define(['string', 'any'], ([name, value]) => typeName(value) === name),
  typeIsLike: define(['string', 'any'], ([name, value]) => typeName(value) === name || `*${name}` === typeName(value)),
  kindOf: define(['any'], ([value]) => kindName(value)),
  kindIs: define(['string', 'any'], ([name, value]) => kindName(value) === name),
  deepEqual: define(['any', 'any'], ([a, b], budget) => deepEqual(a, b, budget)),
};
