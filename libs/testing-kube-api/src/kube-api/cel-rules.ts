import { type ParseResult } from '@marcbachmann/cel-js';
import { type StatusCause } from './api-error';
import { createCelEnvironment } from './cel-environment';
import { celValue } from './cel-values';
import { asList, isEqualJson, isJsonObject } from './json';
import { fieldOf, type Schema, type ValidationRule } from './schema';
import { counterpart } from './schema-validation';

/** A CustomResourceDefinition has rules that this API cannot evaluate. It is refused, so that no rule is ever skipped. */
export class CelRulesUnsupported extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`CEL rules that cannot be evaluated:\n${problems.join('\n')}`);
    this.name = 'CelRulesUnsupported';
  }
}

interface CompiledRule {
  readonly source: ValidationRule;
  readonly holds: ParseResult;
  readonly message?: ParseResult;
  /** The rule contains `oldSelf`, so it applies only to updates. */
  readonly isTransition: boolean;
}

/** The rules of one node of the schema and of the nodes below it. */
interface RuleNode {
  readonly schema: Schema;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly additional?: RuleNode;
  readonly items?: RuleNode;
}

interface Place {
  readonly value: unknown;
  readonly old?: unknown;
  readonly path: string;
}

/** The compiled CEL rules of a schema. */
export class CelRules {
  readonly #root?: RuleNode;

  /** @throws CelRulesUnsupported when rules do not compile; it names all of them */
  constructor(schema: Schema) {
    const compiler = new RuleCompiler();
    this.#root = compiler.node(schema, '');
    if (compiler.problems.length > 0) {
      throw new CelRulesUnsupported(compiler.problems);
    }
  }

  get isEmpty(): boolean {
    return this.#root === undefined;
  }

  /** Evaluates all rules. `old` is the stored object; it is absent on creation. */
  evaluate(value: unknown, old?: unknown): StatusCause[] {
    return this.#root ? evaluateNode(this.#root, { value, old, path: '' }) : [];
  }
}

class RuleCompiler {
  readonly problems: string[] = [];
  readonly #environment = createCelEnvironment();

  /** Compiles the rules of a node; undefined if there is no rule in it or below it. */
  node(schema: Schema, path: string): RuleNode | undefined {
    const rules = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => this.#rule(rule, path) ?? []);
    const properties = this.#properties(schema, path);
    const { additionalProperties } = schema;
    const additional = typeof additionalProperties === 'object' ? this.node(additionalProperties, `${path}.*`) : undefined;
    const items = schema.items && this.node(schema.items, `${path}[]`);
    const isEmpty = rules.length === 0 && properties.size === 0 && !additional && !items;
    return isEmpty ? undefined : { schema, rules, properties, additional, items };
  }

  #properties(schema: Schema, path: string): ReadonlyMap<string, RuleNode> {
    const nodes = Object.entries(schema.properties ?? {}).flatMap(([name, own]): [string, RuleNode][] => {
      const child = this.node(own, fieldOf(path, name));
      return child ? [[name, child]] : [];
    });
    return new Map(nodes);
  }

  #rule(source: ValidationRule, path: string): CompiledRule | undefined {
    const holds = this.#expression(source.rule, 'bool', path);
    const message = source.messageExpression === undefined ? undefined : this.#expression(source.messageExpression, 'string', path);
    return holds && { source, holds, message, isTransition: /\boldSelf\b/.test(source.rule) };
  }

  #expression(text: string, type: string, path: string): ParseResult | undefined {
    try {
      const parsed = this.#environment.parse(text);
      const checked = parsed.check();
      if (checked.valid && (checked.type === type || checked.type === 'dyn')) {
        return parsed;
      }
      this.problems.push(`${path || '<root>'}: ${text}: ${checked.error?.message ?? `is of type ${checked.type}, not ${type}`}`);
    } catch (error) {
      this.problems.push(`${path || '<root>'}: ${text}: ${(error as Error).message}`);
    }
    return undefined;
  }
}

function evaluateNode(node: RuleNode, place: Place): StatusCause[] {
  const { value, old, path } = place;
  // Unchanged values are not validated again (CRD validation ratcheting).
  if (value == null || (old !== undefined && isEqualJson(value, old))) {
    return [];
  }
  const own = node.rules.flatMap((rule) => evaluateRule(rule, node.schema, place));
  return [...own, ...childPlaces(node, value, old, path).flatMap(([child, below]) => evaluateNode(child, below))];
}

function childPlaces(node: RuleNode, value: unknown, old: unknown, path: string): [RuleNode, Place][] {
  if (Array.isArray(value)) {
    const { items, schema } = node;
    if (!items) {
      return [];
    }
    return asList(value).map((item, index) => [items, { value: item, old: counterpart(item, old, schema), path: `${path}[${index}]` }]);
  }
  if (!isJsonObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([name, item]): [RuleNode, Place][] => {
    const child = node.properties.get(name) ?? (node.schema.properties?.[name] ? undefined : node.additional);
    const before = isJsonObject(old) ? old[name] : undefined;
    return child ? [[child, { value: item, old: before, path: fieldOf(path, name) }]] : [];
  });
}

function evaluateRule(rule: CompiledRule, schema: Schema, { value, old, path }: Place): StatusCause[] {
  if (rule.isTransition && old === undefined) {
    return [];
  }
  const context = { self: celValue(value, schema), oldSelf: old === undefined ? null : celValue(old, schema) };
  const { source } = rule;
  const where = `${path}${source.fieldPath ?? ''}`.replace(/^\./, '');
  try {
    if (rule.holds(context) === true) {
      return [];
    }
    const message = rule.message ? String(rule.message(context)) : (source.message ?? `failed rule: ${source.rule}`);
    return [ruleCause(where, source.reason ?? 'FieldValueInvalid', withValue(value, message))];
  } catch (error) {
    return [ruleCause(where, 'FieldValueInvalid', withValue(value, `rule evaluation error: ${(error as Error).message.split('\n')[0]}`))];
  }
}

/** Adds a plain value to the message; objects and lists are not shown. */
function withValue(value: unknown, message: string): string {
  return typeof value === 'object' ? message : `${JSON.stringify(value)}: ${message}`;
}

const REASON_TEXT: Readonly<Record<string, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueForbidden: 'Forbidden',
  FieldValueDuplicate: 'Duplicate value',
};

function ruleCause(path: string, reason: string, message: string): StatusCause {
  return { reason, message: `${REASON_TEXT[reason] ?? 'Invalid value'}: ${message}`, field: path === '' ? '<nil>' : path };
}
