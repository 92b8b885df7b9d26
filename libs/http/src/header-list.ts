/**
 * Whether a comma-separated list (RFC 9110 §5.6.1) contains only these names.
 *
 * @param names in lower case; by default none
 */
export function listsOnly(list: string, names: ReadonlySet<string> = new Set()): boolean {
  return list.split(',').every((name) => names.has(name.trim().toLowerCase()));
}
