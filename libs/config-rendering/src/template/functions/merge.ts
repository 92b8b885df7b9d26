import { type Budget } from '../budget';
import { refused } from '../template-problem';
import { GoMap, isTrue, type GoValue } from '../values/go-value';
import { defineVariadic, type FunctionTable, type TemplateFunction } from './template-function';

/** sprig: merging dicts (mergo v1.0.1). The functions change the first dict and return it. */
export const MERGES: FunctionTable = {
  merge: merging(false),
  mustMerge: merging(false),
  mergeOverwrite: merging(true),
  mustMergeOverwrite: merging(true),
};

function merging(overwrite: boolean): TemplateFunction {
  return defineVariadic(['map'], 'map', ([first], others, budget) => {
    const target = first.isNil ? new GoMap() : first;
    for (const source of others) {
      new Merge(overwrite, budget).into(target, source, 0);
    }
    return target;
  });
}

class Merge {
  constructor(
    private readonly overwrite: boolean,
    private readonly budget: Budget,
  ) {}

  into(target: GoMap, source: GoMap, depth: number): void {
    this.budget.value(depth);
    if (target.element !== 'interface {}' || source.element !== 'interface {}') {
      throw refused('merging what split gave', 'that dict has another type');
    }
    for (const [key, value] of source.entries) {
      this.budget.step();
      if (value == null) {
        if (this.overwrite) {
          target.entries.set(key, null);
        }
      } else {
        this.#entry(target, key, value, depth);
      }
    }
  }

  #entry(target: GoMap, key: string, value: GoValue, depth: number): void {
    const old = target.entries.get(key);
    const dicts = value instanceof GoMap && old instanceof GoMap;
    if (dicts && !old.isNil) {
      this.into(old, value, depth + 1);
    }
    // Two dicts were merged into the old one above. Any other empty value is replaced.
    if (!isTrue(old) || (this.overwrite && !dicts)) {
      target.entries.set(key, value);
    }
  }
}
