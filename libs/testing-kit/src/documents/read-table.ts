/** One row of a table: its cells by the names in the header. */
export type TableRow = Readonly<Record<string, string>>;

/**
 * Reads the first table below a heading of a Markdown document, so that a test can compare the document with the code. A cell that is only
 * a code span loses its backticks.
 *
 * @param heading the line that begins the section, with its `#`
 * @throws Error when there is no such section or no table in it, because that would look like a table without rows
 */
export function readTable(markdown: string, heading: string): TableRow[] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) {
    throw new Error(`no section "${heading}"`);
  }
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  const first = section.findIndex(isTableLine);
  if (first < 0) {
    throw new Error(`no table in section "${heading}"`);
  }
  const end = section.findIndex((line, index) => index > first && !isTableLine(line));
  const [header, , ...rows] = section.slice(first, end < 0 ? undefined : end).map(cellsOf);
  return rows.map((cells) => Object.fromEntries((header ?? []).map((name, index) => [name, cells[index] ?? ''])));
}

function isTableLine(line: string): boolean {
  return line.startsWith('|');
}

/** A pipe in a cell is written `\|`. */
function cellsOf(line: string): string[] {
  const cells = line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/);
  return cells.map((cell) =>
    cell
      .trim()
      .replace(/^`([^`]*)`$/, '$1')
      .replaceAll('\\|', '|'),
  );
}
