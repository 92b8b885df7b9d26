/** Shorter parts may be in a text by chance. In characters. */
const PART_LENGTH = 16;

/** Every part of a secret, as it is or in base64 after any other text, that a text has. */
export function partsTold(text: string, secret: string): string[] {
  const encoded = [0, 1, 2].map((offset) => Buffer.from(secret.slice(offset)).toString('base64'));
  return [secret, ...encoded].flatMap(partsOf).filter((part) => text.includes(part));
}

function partsOf(text: string): string[] {
  return Array.from({ length: text.length - PART_LENGTH + 1 }, (_part, start) => text.slice(start, start + PART_LENGTH));
}
