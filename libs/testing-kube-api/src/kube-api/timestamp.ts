/** Formats a time as RFC 3339 in whole seconds, as Kubernetes does in objects. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
