/**
 * Returns the commands of the first code block below a heading of a Markdown document, word by word and without comments.
 *
 * @throws Error when there is no code block
 */
export function documentedCommands(markdown: string, heading: string): string[][] {
  const [, section = ''] = markdown.split(`\n${heading}\n`);
  // The pattern skips lines that are neither a heading nor a fence, and then reads the block.
  const [, block] = /^(?:(?!#|```).*\n)*```\w*\n((?:(?!```).*\n)*)```/.exec(section) ?? [];
  if (block === undefined) {
    throw new Error(`no block of commands below "${heading}"`);
  }
  const lines = block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s#.*$/, '').trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/\s+/));
}
