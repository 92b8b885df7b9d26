import { CHECKS, type CheckResult } from './check-report';

const NAME_WIDTH = Math.max(...CHECKS.map((name) => name.length)) + 2;

/** The words of the table. Failures stand out without colours. */
const STATES = { passed: 'ok', failed: 'FAILED', skipped: 'skipped' } as const;

const STATE_WIDTH = 'skipped'.length + 2;

/** Below this number of columns, wrapping makes lines that are hard to read. */
const MIN_DETAIL_WIDTH = 30;

/** Returns the head of the table. */
export function tableHead(): string {
  return `${'CHECK'.padEnd(NAME_WIDTH)}${'RESULT'.padEnd(STATE_WIDTH)}DETAIL\n`;
}

/**
 * Returns one row of the table.
 *
 * @param columns of the terminal, at which the message is wrapped; undefined: one line, so that grep and awk can be used
 */
export function tableRow({ check, state, message, reason }: CheckResult, columns?: number): string {
  const indent = NAME_WIDTH + STATE_WIDTH;
  const detail = reason === undefined ? message : `${message} (${reason})`;
  const lines = columns === undefined ? [detail] : wrapped(detail, Math.max(MIN_DETAIL_WIDTH, columns - indent));
  return `${check.padEnd(NAME_WIDTH)}${STATES[state].padEnd(STATE_WIDTH)}${lines.join(`\n${' '.repeat(indent)}`)}\n`;
}

/** Returns the last line. */
export function summaryOf(results: readonly CheckResult[]): string {
  const count = (state: CheckResult['state']): number => results.filter((result) => result.state === state).length;
  return `${count('passed')} ok, ${count('failed')} failed, ${count('skipped')} skipped\n`;
}

/** Breaks at spaces. A word that is longer than a line, such as a URL, stays whole, so that it can be copied. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
