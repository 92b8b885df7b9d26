/** An object of JSON (RFC 8259 §4), whose members nobody has checked. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is an object of JSON (RFC 8259 §4): no array, and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The object that the text is (RFC 8259 §4); undefined for everything else, JSON or not. Never throws: the parser's error would
 * quote the text, which may hold a secret.
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: the same answer as for JSON of another form.
    return undefined;
  }
  return isJsonObject(value) ? value : undefined;
}
