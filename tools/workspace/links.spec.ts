import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { contentsOf, headingsOf, linksOf } from './markdown';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A longer page begins with a table of contents. */
const LINES_MAX = 150;

/** The folders that have pages; `project.json` of tools names them as inputs. */
const FOLDERS = ['deploy', 'docs', 'tools'];

/** Every Markdown page of the root and of the folders. */
function allPages(): string[] {
  const below = FOLDERS.flatMap((folder) => {
    const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
    return names.map((name) => path.join(folder, name));
  });
  return [...readdirSync(root), ...below].filter((name) => name.endsWith('.md'));
}

/** Why a link leads nowhere; undefined for a good link, and for a URL, which is not tested. */
function faultOf(page: string, { target, anchor }: { target: string; anchor: string }): string | undefined {
  if (/^[a-z]+:/.test(target)) {
    return undefined;
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
  const pages = allPages();

  it('have only links and anchors that lead to a file and a heading', () => {
    const links = pages.flatMap((page) => linksOf(read(page)).map((link) => ({ page, link })));
    expect(links.length).toBeGreaterThan(150);
    expect(links.map(({ page, link }) => faultOf(page, link)).filter((fault) => fault !== undefined)).toEqual([]);
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
