import { readTable } from './read-table';

const MARKDOWN = `# Title

## First

Words.

| name | meaning |
|---|---|
| \`a\` | \`x\` or y |
| b \\| c | |

| other | table |
|---|---|
| d | e |

## Second

No table.
`;

describe('readTable', () => {
  it('reads the first table of the section and no other', () => {
    expect(readTable(MARKDOWN, '## First')).toEqual([
      { name: 'a', meaning: '`x` or y' },
      { name: 'b | c', meaning: '' },
    ]);
  });

  it.each(['## Second', '## Third'])('does not treat %s as an empty table', (heading) => {
    expect(() => readTable(MARKDOWN, heading)).toThrow(heading);
  });
});
