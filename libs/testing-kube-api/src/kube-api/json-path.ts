import { asList, isJsonObject } from './json';

type Step = (value: unknown) => unknown[];

const FILTER = /^\?\(\s*@\.([\w.-]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)')\s*\)$/;

/** Evaluates the part of kubectl's JSONPath that printer columns use: `.a.b`, `['a']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
export function evaluateJsonPath(path: string, value: unknown): unknown[] {
  return parseSteps(path).reduce<unknown[]>((values, step) => values.flatMap(step), [value]);
}

const SEGMENT = /\.((?:\\.|[^.[\\])+)|\[((?:"[^"]*"|'[^']*'|[^\]])*)\]/g;

function parseSteps(path: string): Step[] {
  return [...path.matchAll(SEGMENT)].map(([, name, bracket]) =>
    name === undefined ? bracketStep(bracket ?? '') : property(name.replaceAll('\\.', '.')),
  );
}

function bracketStep(text: string): Step {
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(text);
  if (quoted) {
    return property(quoted[1] ?? quoted[2] ?? '');
  }
  if (text === '*') {
    return (value) => (isJsonObject(value) ? Object.values(value) : asList(value));
  }
  const filter = FILTER.exec(text);
  if (filter) {
    return filterStep(filter);
  }
  return (value) => asList(value).slice(Number(text), Number(text) + 1 || undefined);
}

function property(name: string): Step {
  if (name === '*') {
    return (value) => (isJsonObject(value) ? Object.values(value) : asList(value));
  }
  return (value) => (isJsonObject(value) && value[name] !== undefined ? [value[name]] : []);
}

function filterStep([, field = '', operator, double, single]: RegExpExecArray): Step {
  const wanted = double ?? single ?? '';
  return (value) =>
    asList(value).filter((item) => {
      const [found] = evaluateJsonPath(`.${field}`, item);
      return (found === wanted) === (operator === '==');
    });
}
