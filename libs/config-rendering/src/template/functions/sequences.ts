import { type Budget } from '../budget';
import { exceeded } from '../template-problem';
import { goInt, GoList } from '../values/go-value';
import { define, defineVariadic, type FunctionTable } from './template-function';

/** sprig: sequences of integers. */
export const SEQUENCES: FunctionTable = {
  until: define(['int'], ([count], budget) => ints(untilStep(0, count, count < 0 ? -1 : 1, budget))),
  untilStep: define(['int', 'int', 'int'], ([start, stop, step], budget) => ints(untilStep(start, stop, step, budget))),
  seq: defineVariadic([], 'int', (_fixed, parameters, budget) => sequence(parameters, budget).join(' ')),
};

/** Most items that one call creates: `until` of a larger number is a mistake. */
const MAX_ITEMS = 100_000;

function ints(numbers: readonly number[]): GoList {
  return new GoList(
    numbers.map((number) => goInt(number)),
    'int',
  );
}

function untilStep(start: number, stop: number, step: number, budget: Budget): number[] {
  if (stop < start ? step >= 0 : step <= 0) {
    return [];
  }
  const count = Math.ceil((stop - start) / step);
  if (count > MAX_ITEMS) {
    throw exceeded(`a list of more than ${MAX_ITEMS} items`);
  }
  budget.entries(count);
  return Array.from({ length: count }, (_item, index) => start + index * step);
}

/** Reproduces the shell's seq. Parameters: end; start and end; or start, step and end. */
function sequence(parameters: readonly number[], budget: Budget): number[] {
  if (parameters.length === 0 || parameters.length > 3) {
    return [];
  }
  const start = parameters.length === 1 ? 1 : Number(parameters[0]);
  const end = Number(parameters.at(-1));
  const backwards = end < start;
  const step = parameters.length === 3 ? Number(parameters[1]) : backwards ? -1 : 1;
  return backwards && step > 0 ? [] : upTo(start, step, end, budget);
}

function upTo(start: number, step: number, end: number, budget: Budget): number[] {
  return untilStep(start, end + (end < start ? -1 : 1), step, budget);
}
