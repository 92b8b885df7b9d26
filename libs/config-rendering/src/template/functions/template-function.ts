import { type Budget } from '../budget';
import { type GoAny, type GoMap, type GoValue } from '../values/go-value';

/** Types of parameters. They are Go's types: `any` is interface{}, and `value` is a reflect.Value, which may have no value. */
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
  /** Type of any further arguments. Without it, further arguments are an error. */
  readonly rest?: Parameter;
  /** Called with arguments of the declared types. */
  readonly run: (args: readonly GoValue[], budget: Budget) => GoValue;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

type Values<Parameters extends readonly Parameter[]> = { [Index in keyof Parameters]: ParameterTypes[Parameters[Index]] };

/** Defines a function with a fixed number of arguments. The caller of `run` has converted integers and floats to plain numbers. */
export function define<const Parameters extends readonly Parameter[]>(
  parameters: Parameters,
  run: (args: Values<Parameters>, budget: Budget) => GoValue,
): TemplateFunction {
  return { parameters, run: run as unknown as TemplateFunction['run'] };
}

/** Wraps a function that inspects every character of its text arguments, so that each character counts. */
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

/** Defines a function with a variable number of arguments after the fixed ones. */
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
