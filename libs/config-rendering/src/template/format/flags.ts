import { countRunes } from '../values/go-string';

/** The flags, width and precision between `%` and the verb. */
export interface Flags {
  minus?: boolean;
  plus?: boolean;
  sharp?: boolean;
  space?: boolean;
  zero?: boolean;
  width?: number;
  precision?: number;
}

export const NO_FLAGS: Flags = {};

/** Pads the text to the width, counted in characters. Zeros are added only on the left. */
export function pad(text: string, { width = 0, minus, zero }: Flags): string {
  if (width === 0) {
    return text;
  }
  const missing = Math.max(width - countRunes(text), 0);
  if (minus) {
    return text + ' '.repeat(missing);
  }
  return (zero ? '0' : ' ').repeat(missing) + text;
}
