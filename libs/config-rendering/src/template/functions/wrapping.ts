import { type Budget } from '../budget';
import { define, type FunctionTable } from './template-function';

/** sprig: word wrapping (goutils). Widths are in bytes. */
export const WRAPPING: FunctionTable = {
  wrap: define(['int', 'string'], ([width, text], budget) => wrap(text, { width, newLine: '\n', breakWords: false }, budget)),
  wrapWith: define(['int', 'string', 'string'], ([width, newLine, text], budget) =>
    wrap(text, { width, newLine: newLine || '\n', breakWords: true }, budget),
  ),
};

interface Wrapping {
  readonly width: number;
  readonly newLine: string;
  /** Breaks a word that is longer than a line. */
  readonly breakWords: boolean;
}

function wrap(text: string, wrapping: Wrapping, budget: Budget): string {
  const width = Math.max(wrapping.width, 1);
  let wrapped = '';
  let offset = 0;
  while (text.length - offset > width) {
    if (text.charAt(offset) === ' ') {
      offset++;
      continue;
    }
    const { end, next } = lineEnd(text, offset, { ...wrapping, width });
    const last = end === text.length && next === text.length;
    const line = text.slice(offset, end) + (last ? '' : wrapping.newLine);
    budget.step();
    budget.bytes(line.length);
    wrapped += line;
    offset = next;
  }
  return wrapped + text.slice(offset);
}

/** Returns where the line that begins at `offset` ends, and where the next one begins. */
function lineEnd(text: string, offset: number, { width, breakWords }: Wrapping): { end: number; next: number } {
  const space = text.slice(offset, offset + width + 1).lastIndexOf(' ') + offset;
  if (space >= offset) {
    return { end: space, next: space + 1 };
  }
  if (breakWords) {
    return { end: offset + width, next: offset + width };
  }
  const after = text.indexOf(' ', offset + width);
  return after < 0 ? { end: text.length, next: text.length } : { end: after, next: after + 1 };
}
