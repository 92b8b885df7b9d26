/** The commands of the first block of code below a heading of a Markdown document, word by word; comments are left out. */
export function documentedCommands(markdown: string, heading: string): string[][] {
  const [, section = ''] = markdown.split(`\n${heading}\n`);
  // Lines that are neither a heading nor a fence, and then the block.
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
