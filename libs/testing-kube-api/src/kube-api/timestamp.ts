/** RFC 3339 in whole seconds, as Kubernetes writes times of objects. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
