/** The heading of what is not released yet. */
const UNRELEASED = '## Unreleased';

/** The heading of a version, such as `## 0.2.0 - 2026-12-01`. */
const RELEASED = /^## (\d\S*) - \d{4}-\d{2}-\d{2}$/;

/** Returns the versions that have a section. */
export function releasedVersions(changelog: string): string[] {
  return changelog.split('\n').flatMap((line) => RELEASED.exec(line)?.[1] ?? []);
}

/** Returns the text below "Unreleased". Undefined if there is no such heading, or only headings below it. */
export function unreleased(changelog: string): string | undefined {
  return contentOf(changelog, (heading) => heading === UNRELEASED);
}

/** Returns the text below the heading of a version. */
export function sectionOf(changelog: string, version: string): string | undefined {
  return contentOf(changelog, (heading) => RELEASED.exec(heading)?.[1] === version);
}

function contentOf(changelog: string, isHeading: (line: string) => boolean): string | undefined {
  const lines = changelog.split('\n');
  const start = lines.findIndex(isHeading);
  const next = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  const text = start < 0 ? '' : lines.slice(start + 1, next < 0 ? undefined : next).join('\n');
  return text.replace(/^#.*$/gm, '').trim() === '' ? undefined : text.trim();
}

/** Moves what is below "Unreleased" below the heading of a version. @param date such as 2026-12-01 */
export function releaseChangelog(changelog: string, version: string, date: string): string {
  return changelog.replace(new RegExp(`^${UNRELEASED}$`, 'm'), `${UNRELEASED}\n\n## ${version} - ${date}`);
}

/** An entry as Artifact Hub shows it. */
export interface Change {
  readonly kind: string;
  readonly description: string;
}

/** Kinds of changes that Artifact Hub knows, which are the headings of Keep a Changelog. */
const KINDS = ['added', 'changed', 'deprecated', 'removed', 'fixed', 'security'];

/** Returns the entries of a section as plain text. */
export function changesOf(section: string): Change[] {
  const changes: Change[] = [];
  let kind = 'changed';
  for (const block of section.split(/\n(?=- |#)/)) {
    const [, heading] = /^### (.*)/.exec(block) ?? [];
    if (heading !== undefined) {
      kind = KINDS.find((known) => known === heading.trim().toLowerCase()) ?? 'changed';
    }
    if (block.startsWith('- ')) {
      changes.push({ kind, description: plainText(block.slice(2)) });
    }
  }
  return changes;
}

function plainText(markdown: string): string {
  return markdown
    .replace(/\n\n[^]*/, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|`/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
