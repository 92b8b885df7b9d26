import { type Budget } from '../budget';
import { type GoAny, type GoMap, type GoValue } from '../values/go-value';

/** Types of parameters: Go's types, where `any` is interface{} and `value` a reflect.Value, which can be no value at all. */
export interface ParameterTypes {
  any: GoAny;
  value: GoValue;
  string: string;
  int: number;
  float64: number;
  bool: boolean;
  map: GoMap;
}
export type Parameter = keyof ParameterTypes;

/** A function that templates can call. */
export interface TemplateFunction {
  readonly parameters: readonly Parameter[];
  /** Type of any further arguments; none are allowed without it. */
  readonly rest?: Parameter;
  /** Arguments have the declared types. */
  readonly run: (args: readonly GoValue[], budget: Budget) => GoValue;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

type Values<Parameters extends readonly Parameter[]> = { [Index in keyof Parameters]: ParameterTypes[Parameters[Index]] };

/** Numbers are handed over as numbers; the caller of `run` has converted them. */
export function define<const Parameters extends readonly Parameter[]>(
  parameters: Parameters,
  run: (args: Values<Parameters>, budget: Budget) => GoValue,
): TemplateFunction {
  return { parameters, run: run as unknown as TemplateFunction['run'] };
}

/** The same function, for which every character of its texts counts: it looks at each. */
export function characterwise({ run, ...called }: TemplateFunction): TemplateFunction {
  return {
    ...called,
    run: (args, budget) => {
      for (const argument of args) {
        if (typeof argument === 'string') {
          budget.characters(argument.length);
        }
      }
      return run(args, budget);
    },
  };
}

/** A function with a variable number of arguments behind the fixed ones. */
export function defineVariadic<const Parameters extends readonly Parameter[], Rest extends Parameter>(
  parameters: Parameters,
  rest: Rest,
  run: (fixed: Values<Parameters>, others: ParameterTypes[Rest][], budget: Budget) => GoValue,
): TemplateFunction {
  const count = parameters.length;
  return {
    parameters,
    rest,
    run: (args, budget) => run(args.slice(0, count) as unknown as Values<Parameters>, args.slice(count) as ParameterTypes[Rest][], budget),
  };
}
