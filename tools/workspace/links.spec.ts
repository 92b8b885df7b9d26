import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { contentsOf, headingsOf, linksOf, malformedLinksOf, markdownPages, urlFault } from './markdown';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A longer page begins with a table of contents. */
const LINES_MAX = 150;

/** Why a link leads nowhere; undefined for a good link. Of a URL only the form is tested, because tests contact no other machine. */
function faultOf(page: string, { target, anchor }: { target: string; anchor: string }): string | undefined {
  if (/^[a-z]+:/.test(target)) {
    const fault = urlFault(target);
    return fault && `${page}: ${fault}: ${target}`;
  }
  const file = target === '' ? page : path.join(path.dirname(page), target);
  if (!existsSync(path.join(root, file))) {
    return `${page}: no file ${file}`;
  }
  if (anchor === '' || !file.endsWith('.md')) {
    return undefined;
  }
  return headingsOf(read(file)).some((heading) => heading.anchor === anchor) ? undefined : `${page}: no heading #${anchor} in ${file}`;
}

describe('Markdown pages', () => {
  const pages = markdownPages(root);

  it('have only links and anchors that lead to a file and a heading', () => {
    const links = pages.flatMap((page) => linksOf(read(page)).map((link) => ({ page, link })));
    expect(pages).toEqual(
      expect.arrayContaining(['README.md', 'docs/README.md', 'tools/README.md', 'libs/oci-auth/test/dance-table/README.md']),
    );
    expect(links.length).toBeGreaterThan(150);
    expect(links.map(({ page, link }) => faultOf(page, link)).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('have no link in a form that the test above would not see', () => {
    expect(pages.flatMap((page) => malformedLinksOf(read(page)).map((text) => `${page}: ${text}`))).toEqual([]);
  });

  it.each([
    ['[a](b.md "title")', ['](b.md "title")']],
    ['[a]( b.md)', [']( b.md)']],
    ['[a]: https://example.com', ['[a]: https://example.com']],
    ['[a](b.md#c), `[a](b c)`', []],
  ])('would be refused for %j', (text, expected) => {
    expect(malformedLinksOf(text)).toEqual(expected);
  });

  it.each([
    ['https://docs.example.com/a?b=c', undefined],
    ['http://example.com', 'not https'],
    ['mailto:a@example.com', 'not https'],
    ['https://user@example.com', 'no public host'],
    ['https://localhost:8080', 'no public host'],
    ['https:', 'no URL'],
  ])('the form of the URL %s: %s', (url, fault) => {
    expect(urlFault(url)).toBe(fault);
  });

  it(`of docs begin with a table of contents when they have more than ${LINES_MAX} lines`, () => {
    const long = pages.filter((page) => page.startsWith('docs/') && read(page).split('\n').length > LINES_MAX);
    expect(long).toContain('docs/operations.md');
    for (const page of long) {
      const sections = headingsOf(read(page)).filter(({ level }) => level === 2);
      const listed = contentsOf(read(page)).filter(({ target }) => target === '');
      expect([page, listed.map(({ anchor }) => anchor)]).toEqual([page, sections.map(({ anchor }) => anchor)]);
    }
  });

  it('have anchors as GitHub makes them', () => {
    const page = '# `npm start`: two\n```\n# code\n```\n## What it is\n## What it is\n### C2 one, [ADR 3](x.md)\n## Größe & co.\n';
    expect(headingsOf(page).map(({ anchor }) => anchor)).toEqual([
      'npm-start-two',
      'what-it-is',
      'what-it-is-1',
      'c2-one-adr-3',
      'größe--co',
    ]);
  });
});
