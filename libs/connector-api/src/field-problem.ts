/** A problem of a value. */
export interface FieldProblem {
  /** The path of the field, such as `spec.auth.params[0].name`; empty for the value as a whole. */
  path: string;
  /** What is wrong and what to do. The path followed by the message is a sentence. */
  message: string;
}

/** Formats the problem as one line. */
export function formatProblem({ path, message }: FieldProblem): string {
  return path === '' ? message : `${path} ${message}`;
}

/** Returns the path of a field or of an item below another path. */
export function joinPath(parent: string, child: string | number): string {
  if (typeof child === 'number' || /^\d+$/.test(child)) {
    return `${parent}[${child}]`;
  }
  return parent === '' ? child : `${parent}.${child}`;
}
