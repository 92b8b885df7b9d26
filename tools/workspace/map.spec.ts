import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { linksOf } from './markdown';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const foldersIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Made by tools, and by no commit. */
const GENERATED = new Set(['node_modules', 'dist', 'tmp', 'coverage']);

/** Targets of the links of a page that are files of the repository, from the root. */
function targetsOf(page: string): string[] {
  return linksOf(read(page))
    .filter(({ target }) => target !== '' && !/^[a-z]+:/.test(target))
    .map(({ target }) => path.join(path.dirname(page), target));
}

/** The status of a decision, as the table of decisions has it. */
function statusOf(page: string): string {
  const [, successor] = /^\*\*Superseded\*\* by (\[[^\]]+\]\([^)]+\))/m.exec(read(page)) ?? [];
  if (successor !== undefined) {
    return `Superseded by ${successor}`;
  }
  return /^\*\*Superseded in part\*\*/m.test(read(page)) ? 'Superseded in part' : 'Accepted';
}

function pagesBelow(folder: string): string[] {
  return (readdirSync(path.join(root, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(folder, name));
}

describe('the map', () => {
  const architecture = read('ARCHITECTURE.md');

  it('ARCHITECTURE.md names each top-level folder, each program and each lib', () => {
    const top = foldersIn('.').filter((name) => !GENERATED.has(name) && (!name.startsWith('.') || name === '.ci'));
    expect(top.filter((name) => !architecture.includes(`\`${name}/\``))).toEqual([]);
    expect(foldersIn('apps').filter((name) => !architecture.includes(`\`apps/${name}\``))).toEqual([]);
    expect(foldersIn('libs').filter((name) => !architecture.includes(`\`${name}\``))).toEqual([]);
  });

  it('each file and folder that ARCHITECTURE.md names exists', () => {
    const named = [...architecture.matchAll(/(?<![\w/.])((?:apps|libs|deploy|docs|tools|\.ci)\/[\w./*-]*)/g)]
      .map(([, name = '']) => name.replace(/\.$/, ''))
      .filter((name) => !name.includes('*'));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });

  it.each([
    ['proxy', '## The rooms of the proxy', '## The folders'],
    ['controller', '| folder of `apps/controller/src`', '| folder of `apps/csi/src`'],
    ['csi', '| folder of `apps/csi/src`', '## How a program is put together'],
  ])('ARCHITECTURE.md has a row for each folder of the %s, and for no other', (app, start, end) => {
    const table = architecture.slice(architecture.indexOf(start), architecture.indexOf(end));
    const rows = [...table.matchAll(/^\| ((?:`[\w-]+\/` ?)+)\|/gm)].flatMap(([, names = '']) => names.match(/[\w-]+/g) ?? []);
    expect(rows.sort()).toEqual(foldersIn(`apps/${app}/src`));
  });

  it('tools/README.md has a row for each folder of tools, and for no other', () => {
    const rows = [...read('tools/README.md').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(foldersIn('tools'));
  });

  it('tools/README.md names each script of tools, and no other', () => {
    const named = [...read('tools/README.md').matchAll(/`([\w-]+\.[mc]js)`/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(readdirSync(path.join(root, 'tools')).filter((name) => /\.[mc]js$/.test(name)));
  });

  it('CONTRIBUTING.md has a row for each npm script, and for no other', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
    const rows = [...read('CONTRIBUTING.md').matchAll(/^\| `npm (?:run )?([\w:-]+)` \|/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(Object.keys(scripts).sort());
  });

  it('docs/README.md leads to each page, and docs/adr/README.md to each decision, in order, with its title and status', () => {
    const listed = ['README', 'clients', 'registries', 'ci'].flatMap((name) => targetsOf(`docs/${name}.md`));
    const pages = pagesBelow('docs').filter((page) => page !== 'docs/README.md' && !/^docs\/adr\/\d/.test(page));
    expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
    const decisions = pagesBelow('docs/adr')
      .filter((page) => page !== 'docs/adr/README.md')
      .sort();
    const rows = decisions.map((page) => {
      const [, number = '', title = ''] = /^# (\d+)\. (.*)/.exec(read(page)) ?? [];
      return `| ${number} | [${title}](${path.basename(page)}) | ${statusOf(page)} |`;
    });
    expect(
      read('docs/adr/README.md')
        .split('\n')
        .filter((line) => /^\| \d/.test(line)),
    ).toEqual(rows);
  });
});
