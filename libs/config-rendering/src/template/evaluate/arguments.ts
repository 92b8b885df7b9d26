import { failed, refused } from '../template-problem';
import { type ConstantOperand, type NumberOperand, type Operand } from '../syntax/syntax-tree';
import { type Parameter } from '../functions/template-function';
import { GoFloat, GoInt, goInt, GoMap, typeName, type GoValue } from '../values/go-value';

/** An argument of a function's `run`, which receives integers and floats as plain numbers. */
export type Argument = GoValue | number;

const TYPE_NAMES: Readonly<Record<Parameter, string>> = {
  any: 'interface {}',
  value: 'reflect.Value',
  string: 'string',
  int: 'int',
  float64: 'float64',
  bool: 'bool',
  map: 'map[string]interface {}',
};

/**
 * Returns the value as a parameter of this type, as Go's validateType does. Numbers are never converted.
 *
 * @throws TemplateProblem when the value has another type
 */
export function asParameter(value: GoValue, parameter: Parameter): Argument {
  if (parameter === 'value') {
    return value;
  }
  if (parameter === 'any') {
    return value ?? null;
  }
  if (value === undefined) {
    return parameter === 'map' ? nilMap() : wrongType(parameter, 'no value');
  }
  if (typeName(value) !== TYPE_NAMES[parameter]) {
    wrongType(parameter, typeName(value));
  }
  if (value instanceof GoInt) {
    return plainInt(value);
  }
  return value instanceof GoFloat ? value.value : value;
}

function nilMap(): GoMap {
  return new GoMap(new Map(), 'interface {}', true);
}

function wrongType(parameter: Parameter, got: string): never {
  throw failed(`wrong type for value; expected ${TYPE_NAMES[parameter]}; got ${got}`);
}

/** Converts an integer argument: a size, count or position. No function needs a larger integer, and a number cannot hold one exactly. */
function plainInt({ value }: GoInt): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw refused('an integer argument beyond 2^53', 'no function needs one');
  }
  return number;
}

/** Converts a constant to the type of its parameter, if Go allows that. */
export function constantAs(operand: ConstantOperand | Extract<Operand, { kind: 'nil' }>, parameter: Parameter): Argument {
  if (operand.kind === 'nil') {
    return nilAs(parameter);
  }
  if (parameter === 'any' || parameter === 'value') {
    return constant(operand);
  }
  if (operand.kind === 'number') {
    return numberAs(operand, parameter);
  }
  return asParameter(operand.value, parameter);
}

function nilAs(parameter: Parameter): Argument {
  if (parameter === 'value') {
    return undefined;
  }
  if (parameter === 'any') {
    return null;
  }
  if (parameter === 'map') {
    return nilMap();
  }
  throw failed(`cannot assign nil to ${TYPE_NAMES[parameter]}`);
}

function numberAs({ int, float, text }: NumberOperand, parameter: Parameter): Argument {
  if (parameter === 'float64') {
    return float;
  }
  if (parameter === 'int' && int !== undefined) {
    return plainInt(goInt(int));
  }
  throw failed(`expected ${TYPE_NAMES[parameter]}; found ${text}`);
}

/** Returns the value of a constant where any type is allowed: the form of the constant decides its type. */
export function constant(operand: ConstantOperand): GoValue {
  if (operand.kind !== 'number') {
    return operand.value;
  }
  if (operand.isFloat) {
    return new GoFloat(operand.float);
  }
  if (operand.int === undefined) {
    throw failed(`${operand.text} overflows int`);
  }
  return goInt(operand.int);
}
