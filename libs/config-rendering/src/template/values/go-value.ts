/** Integer types that can occur: constants are `int`, data are `int64` (as Kubernetes decodes JSON), and bytes of a string are `uint8`. */
export type IntType = 'int' | 'int64' | 'uint8';

export class GoInt {
  constructor(
    readonly value: bigint,
    readonly type: IntType = 'int',
  ) {}
}

/** A float64. */
export class GoFloat {
  constructor(readonly value: number) {}
}

/** Element type of a list, in Go's spelling. Some functions create typed lists, which `typeOf` and `deepEqual` distinguish. */
export type ListElement = 'interface {}' | 'string' | 'int' | '[]interface {}';

/** A slice. */
export class GoList {
  constructor(
    readonly items: GoValue[],
    readonly element: ListElement = 'interface {}',
    /** The list is a nil slice: empty, and `null` in JSON. */
    readonly isNil = false,
  ) {}
}

/** A map with string keys. */
export class GoMap {
  constructor(
    readonly entries: Map<string, GoValue> = new Map(),
    readonly element: 'interface {}' | 'string' = 'interface {}',
    /** The map is a nil map: empty and read-only. */
    readonly isNil = false,
  ) {}

  /** Returns the entries in the order in which Go prints maps and ranges over them. */
  sorted(): [string, GoValue][] {
    return [...this.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/**
 * A value during evaluation. `undefined` is "no value" (a missing key); a field of it is also "no value". `null` is an
 * interface with the value nil; a field of it is an error. Strings are bytes; see go-string.ts.
 */
export type GoValue = undefined | null | boolean | string | GoInt | GoFloat | GoList | GoMap;

/** A value that Go's functions can receive as `interface{}`. */
export type GoAny = Exclude<GoValue, undefined>;

/** Returns Go's name of the value's type, as `%T` prints it. */
export function typeName(value: GoValue): string {
  if (value == null) {
    return '<nil>';
  }
  if (typeof value === 'boolean') {
    return 'bool';
  }
  if (typeof value === 'string') {
    return 'string';
  }
  if (value instanceof GoInt) {
    return value.type;
  }
  if (value instanceof GoFloat) {
    return 'float64';
  }
  return value instanceof GoList ? `[]${value.element}` : `map[string]${value.element}`;
}

/** Returns the name of the value's reflect.Kind. */
export function kindName(value: GoValue): string {
  if (value == null) {
    return 'invalid';
  }
  if (value instanceof GoList) {
    return 'slice';
  }
  return value instanceof GoMap ? 'map' : typeName(value);
}

/** Reports whether text/template considers the value true: it is neither zero nor empty. The opposite of sprig's `empty`. */
export function isTrue(value: GoValue): boolean {
  if (value == null) {
    return false;
  }
  if (value instanceof GoInt) {
    return value.value !== 0n;
  }
  if (value instanceof GoFloat) {
    return value.value !== 0;
  }
  if (value instanceof GoList) {
    return value.items.length > 0;
  }
  return value instanceof GoMap ? value.entries.size > 0 : Boolean(value);
}

export function goInt(value: number | bigint, type: IntType = 'int'): GoInt {
  return new GoInt(BigInt.asIntN(64, BigInt(value)), type);
}

/** Returns the zero value of an element type. */
export function zeroOf(element: ListElement): GoAny {
  if (element === 'string') {
    return '';
  }
  if (element === 'int') {
    return goInt(0);
  }
  return element === 'interface {}' ? null : new GoList([], 'interface {}', true);
}

export function stringList(items: string[]): GoList {
  return new GoList(items, 'string');
}
