import { TemplateProblem } from '../template-problem';
import { toMessage } from '../values/go-string';
import { BUILTINS } from './builtins';
import { CASTS } from './casts';
import { COMPARISONS } from './comparisons';
import { DEFAULTS } from './defaults';
import { DICTS } from './dicts';
import { ENCODING } from './encoding';
import { ESCAPES } from './escapes';
import { JSON_FUNCTIONS } from './json';
import { LISTS } from './lists';
import { MATH } from './math';
import { MERGES } from './merge';
import { PATHS } from './paths';
import { REFUSED_FUNCTIONS } from './refused-functions';
import { SEQUENCES } from './sequences';
import { STRING_CASE } from './string-case';
import { STRINGS } from './strings';
import { type TemplateFunction } from './template-function';
import { TRIMMING } from './trimming';
import { TYPES } from './types';
import { URLS } from './urls';
import { WRAPPING } from './wrapping';

/** All functions that templates can call, except `and` and `or`. Any other function is refused. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  [
    BUILTINS,
    COMPARISONS,
    ESCAPES,
    DEFAULTS,
    STRINGS,
    STRING_CASE,
    TRIMMING,
    WRAPPING,
    CASTS,
    LISTS,
    SEQUENCES,
    DICTS,
    MERGES,
    MATH,
    ENCODING,
    JSON_FUNCTIONS,
    PATHS,
    URLS,
    TYPES,
  ].flatMap((table) => Object.entries(table)),
);

/** Functions that do not evaluate all of their arguments; the evaluator implements them. */
const SHORT_CIRCUIT = ['and', 'or'];

/**
 * Checks that templates may call the function.
 *
 * @throws TemplateProblem (FunctionNotAvailable) with the reason when they may not
 */
export function checkFunction(name: string, line: number): void {
  if (FUNCTIONS.has(name) || SHORT_CIRCUIT.includes(name)) {
    return;
  }
  const shown = toMessage(name);
  const reason = REFUSED_FUNCTIONS.get(name) ?? 'it is unknown';
  throw new TemplateProblem('FunctionNotAvailable', `function "${shown}" is not available in templates: ${reason}`, shown).at(line);
}
