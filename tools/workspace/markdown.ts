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
  const text = withoutCodeBlocks(page)
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)].map(([, target = '', anchor = '']) => ({ target, anchor }));
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

function withoutCodeBlocks(page: string): string[] {
  return page.replaceAll(/^```[^\n]*\n.*?^```$/gms, '').split('\n');
}
