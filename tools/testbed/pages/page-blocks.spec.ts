import { blocksOf, commandsOf, onlyCommandOf, pageBlock } from './page-blocks';

const PAGE = '# A\n\n```\na 1\n```\n\n## B\n\n```yaml\nkind: B\n# C\n```\n\nWords.\n\n```\n# first\nb \\\n  2   # then\n\nb 3\n```\n';

describe('blocksOf', () => {
  it('returns code blocks without a language, each with the heading above it', () => {
    expect(blocksOf(PAGE)).toEqual([
      { heading: 'A', text: 'a 1\n' },
      { heading: 'B', text: '# first\nb \\\n  2   # then\n\nb 3\n' },
    ]);
  });
});

describe('commandsOf', () => {
  it('returns the commands word by word, without comments', () => {
    expect(blocksOf(PAGE).map(({ text }) => commandsOf(text))).toEqual([
      [['a', '1']],
      [
        ['b', '2'],
        ['b', '3'],
      ],
    ]);
  });

  it('refuses several commands where one is expected', () => {
    expect(onlyCommandOf('a 1\n')).toEqual(['a', '1']);
    expect(() => onlyCommandOf('a 1\nb 2\n')).toThrow('expected one command');
    expect(() => onlyCommandOf('# a\n')).toThrow('expected one command');
  });
});

describe('pageBlock', () => {
  it('replaces placeholders, and refuses one that the page does not have', () => {
    expect(pageBlock('install', { REGISTRY: '127.0.0.1:5000' })).toContain('--registry 127.0.0.1:5000 ');
    expect(() => pageBlock('install', { ADDRESS: 'b' })).toThrow('README.md: the block "install" does not contain ADDRESS');
  });

  it('finds in docs/install.md the commands in an order that works on a new cluster: the CRDs, a wait for them, then their objects', () => {
    const commands = commandsOf(pageBlock('install without Helm')).map((words) => words.join(' '));
    expect(commands).toEqual([
      expect.stringContaining('-f deploy/chart/crds'),
      expect.stringMatching(/^kubectl wait --for=condition=Established crd\//),
      expect.stringContaining('-f deploy/install.yaml'),
    ]);
  });
});
