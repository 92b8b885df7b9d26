/** A JSON object (RFC 8259 §4) with unchecked members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reports whether the value is a JSON object (RFC 8259 §4): neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON object (RFC 8259 §4); undefined for any other text, JSON or not. Never throws: the parser's error would quote
 * the text, which may contain a secret.
 */
export function parseJsonObject(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Text that is not JSON gives the same result as JSON that is not an object.
    return undefined;
  }
  return isJsonObject(value) ? value : undefined;
}
