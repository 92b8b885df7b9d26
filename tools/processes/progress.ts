/** Prints the description of a step and, if it took two seconds or more, its duration. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  process.stdout.write(`… ${what}\n`);
  try {
    return await work();
  } finally {
    const seconds = (Date.now() - started) / 1000;
    if (seconds >= 2) {
      process.stdout.write(`  ${what}: ${seconds.toFixed(1)} s\n`);
    }
  }
}

/** Formats a table whose columns are as wide as their widest cell. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
