import { type ValidationRule } from './json-schema';

/**
 * A rule on a value in two languages: CEL for the API server, and TypeScript for our own programs. The manifests in `test/manifests` are
 * checked by both, to show that both have the same meaning.
 */
export interface Rule<T = never> {
  /** The CEL expression; `self` is the value that the rule applies to. */
  cel: string;
  /** What is wrong and what to do. */
  message: string;
  /** A CEL expression for a more exact message than `message`. */
  messageCel?: string;
  /** The field that breaks the rule, relative to the value, such as `.auth.trustedRealms`. Default: the value itself. */
  fieldPath?: string;
  /** The same rule in TypeScript: returns the problem's message, or undefined when the value keeps the rule. */
  broken: (self: T) => string | undefined;
}

/** Returns a rule whose TypeScript form is a predicate. */
export function rule<T>(options: Omit<Rule<T>, 'broken' | 'messageCel'> & { holds: (self: T) => boolean }): Rule<T> {
  const { holds, ...rest } = options;
  return { ...rest, broken: (self) => (holds(self) ? undefined : rest.message) };
}

/** Returns the rule in the form of a CustomResourceDefinition. */
export function toValidationRule({ cel, message, messageCel, fieldPath }: Rule): ValidationRule {
  return {
    rule: cel,
    message,
    ...(messageCel !== undefined && { messageExpression: messageCel }),
    ...(fieldPath !== undefined && { fieldPath }),
  };
}

/** Returns the text as a CEL string literal. */
export function celString(text: string): string {
  return JSON.stringify(text);
}
