import { type ValidationRule } from './json-schema';

/**
 * A rule on a value, in the two languages it is needed in: CEL for the API server, TypeScript for our own programs.
 * That both say the same is checked by the manifests in `test/manifests`, which go through both.
 */
export interface Rule<T = never> {
  /** The CEL expression; `self` is the value the rule is attached to. */
  cel: string;
  /** What is wrong and what to do about it. */
  message: string;
  /** CEL that gives a more exact message than `message`. */
  messageCel?: string;
  /** The field to blame, relative to the value, such as `.auth.trustedRealms`; default is the value itself. */
  fieldPath?: string;
  /** The same in TypeScript: the problem's message, or undefined when the value keeps the rule. */
  broken: (self: T) => string | undefined;
}

/** A rule whose TypeScript side is a predicate. */
export function rule<T>(options: Omit<Rule<T>, 'broken' | 'messageCel'> & { holds: (self: T) => boolean }): Rule<T> {
  const { holds, ...rest } = options;
  return { ...rest, broken: (self) => (holds(self) ? undefined : rest.message) };
}

/** The rule as it stands in a CustomResourceDefinition. */
export function toValidationRule({ cel, message, messageCel, fieldPath }: Rule): ValidationRule {
  return {
    rule: cel,
    message,
    ...(messageCel !== undefined && { messageExpression: messageCel }),
    ...(fieldPath !== undefined && { fieldPath }),
  };
}

/** The text as a CEL string literal. */
export function celString(text: string): string {
  return JSON.stringify(text);
}
