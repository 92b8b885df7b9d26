import { readdirSync } from 'node:fs';
import path from 'node:path';

/** A heading of a Markdown page. */
export interface Heading {
  readonly level: number;
  /** The fragment by which GitHub links to the heading. */
  readonly anchor: string;
}

/** A link of a Markdown page. */
export interface Link {
  /** A URL, or a path relative to the page; empty for a link within the page. */
  readonly target: string;
  /** What follows `#`; empty when the link has none. */
  readonly anchor: string;
}

/** Folders that tools make; they are in no commit. */
const GENERATED = new Set(['node_modules', 'dist', 'tmp', 'coverage']);

/** Returns every Markdown page of the repository, by its path from the root. */
export function markdownPages(root: string, folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith('.') || GENERATED.has(entry.name) ? [] : markdownPages(root, name);
    }
    return entry.name.endsWith('.md') ? [name] : [];
  });
}

/** Returns the headings of a page, in order. */
export function headingsOf(page: string): Heading[] {
  const seen = new Map<string, number>();
  return withoutCodeBlocks(page).flatMap((line) => {
    const [, marks, title = ''] = /^(#{1,6}) (.*)$/.exec(line) ?? [];
    if (marks === undefined) {
      return [];
    }
    const slug = slugOf(title);
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return [{ level: marks.length, anchor: earlier === 0 ? slug : `${slug}-${earlier}` }];
  });
}

/** Returns the links of a page, in order, without those in code. */
export function linksOf(page: string): Link[] {
  return [...withoutCode(page).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, target = '', anchor = '']) => ({ target, anchor }));
}

/** Returns what begins like a link but is none that {@link linksOf} reads: a link with a title or a space, or a definition `[name]: URL`. */
export function malformedLinksOf(page: string): string[] {
  return withoutCode(page).match(/\]\((?![^)\s]*\))[^\n]{0,80}|^\[[^\]]+\]: .*$/gm) ?? [];
}

/** Returns what is wrong with the form of a URL; undefined for a good one. Nothing is requested. */
export function urlFault(url: string): string | undefined {
  if (!URL.canParse(url)) {
    return 'no URL';
  }
  const { protocol, hostname, username } = new URL(url);
  if (protocol !== 'https:') {
    return 'not https';
  }
  return username === '' && /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(hostname) ? undefined : 'no public host';
}

/** Returns the list of sections before the first heading of level 2: the links of its items. */
export function contentsOf(page: string): Link[] {
  const [introduction = ''] = page.split(/^## /m);
  return linksOf(introduction.replaceAll(/^(?!- ).*$/gm, ''));
}

/** The rule of GitHub: lower case, no punctuation, a hyphen for each space. */
function slugOf(title: string): string {
  return title
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(page: string): string {
  return withoutCodeBlocks(page)
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, '');
}

function withoutCodeBlocks(page: string): string[] {
  return page.replaceAll(/^```[^\n]*\n.*?^```$/gms, '').split('\n');
}
