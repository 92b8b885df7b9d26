/** In characters. Shorter parts may occur in a text by chance. */
const PART_LENGTH = 16;

/** Returns the parts of a secret that a text contains, plain or in base64 at any offset. */
export function partsTold(text: string, secret: string): string[] {
  const encoded = [0, 1, 2].map((offset) => Buffer.from(secret.slice(offset)).toString('base64'));
  return [secret, ...encoded].flatMap(partsOf).filter((part) => text.includes(part));
}

function partsOf(text: string): string[] {
  return Array.from({ length: text.length - PART_LENGTH + 1 }, (_part, start) => text.slice(start, start + PART_LENGTH));
}
