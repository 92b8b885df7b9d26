import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../../processes/workspace';
import { type SuiteName } from '../command-line.mjs';

interface NamedBlock {
  /** The heading above the block, without its marks. */
  readonly heading: string;
  readonly name: string;
  /** The suite that runs the block from the page. */
  readonly suite: SuiteName;
}

/**
 * The blocks of commands, and of their output, on the pages that a new user follows to the first push and pull: in their order. The suites
 * read the commands from the pages, so that a page cannot say anything that was not run. A test compares this list with the pages.
 */
export const PAGE_BLOCKS = {
  'README.md': [
    { heading: 'Try it: two commands', name: 'try it', suite: 'requirement' },
    { heading: 'Install', name: 'install', suite: 'installation' },
    { heading: 'First pull', name: 'table of Connectors', suite: 'installation' },
    { heading: 'First pull', name: 'names of an image', suite: 'installation' },
    { heading: 'First pull', name: 'first pull', suite: 'installation' },
    { heading: 'First pull', name: 'first pull in the sandbox', suite: 'requirement' },
  ],
  'docs/install.md': [
    { heading: 'Images', name: 'images', suite: 'installation' },
    { heading: 'Install with Helm', name: 'install and test', suite: 'installation' },
    { heading: 'Install with Helm', name: 'install a release', suite: 'installation' },
    { heading: 'Install with Helm', name: 'check a Connector', suite: 'installation' },
    { heading: 'Without Helm', name: 'install without Helm', suite: 'manifests' },
    { heading: 'Upgrade', name: 'upgrade', suite: 'installation' },
    { heading: 'Pod Security', name: 'Pod Security', suite: 'installation' },
    { heading: 'Uninstall', name: 'pods with volumes', suite: 'installation' },
    { heading: 'Uninstall', name: 'uninstall', suite: 'installation' },
    { heading: 'Uninstall', name: 'remove the rest', suite: 'installation' },
  ],
} as const satisfies Readonly<Record<string, readonly NamedBlock[]>>;

export type PageName = keyof typeof PAGE_BLOCKS;
export type BlockName = (typeof PAGE_BLOCKS)[PageName][number]['name'];

/** A code block without a language: commands or their output. */
export interface PageBlock {
  readonly heading: string;
  readonly text: string;
}

/** Returns the code blocks without a language, in order. */
export function blocksOf(markdown: string): PageBlock[] {
  // Headings, and code blocks with the language of each.
  const parts = markdown.matchAll(/^#{1,6} (.*)$|^```([^\n]*)\n([\s\S]*?)^```$/gm);
  let heading = '';
  return [...parts].flatMap(([, title, language, text = '']) => {
    heading = title ?? heading;
    return language === '' ? [{ heading, text }] : [];
  });
}

export function readPage(page: PageName): string {
  return readFileSync(path.join(workspaceRoot, page), 'utf8');
}

/**
 * Returns the text of a block.
 *
 * @param values what replaces each placeholder
 * @throws Error when the page does not have the block or a placeholder
 */
export function pageBlock(name: BlockName, values: Readonly<Record<string, string>> = {}): string {
  const [page, index] = placeOf(name);
  const text = blocksOf(readPage(page))[index]?.text;
  if (text === undefined) {
    throw new Error(`${page} has no block "${name}"`);
  }
  return Object.entries(values).reduce((replaced, [placeholder, value]) => {
    if (!replaced.includes(placeholder)) {
      throw new Error(`${page}: the block "${name}" does not contain ${placeholder}`);
    }
    return replaced.replaceAll(placeholder, value);
  }, text);
}

function placeOf(name: BlockName): [PageName, number] {
  for (const page of Object.keys(PAGE_BLOCKS) as PageName[]) {
    const index = PAGE_BLOCKS[page].findIndex((block) => block.name === name);
    if (index >= 0) {
      return [page, index];
    }
  }
  throw new Error(`no page has the block "${name}"`);
}

/** The words of a command; the first one is the program. */
export type Words = readonly [string, ...string[]];

/** Returns the commands of a block word by word, without comments. Only for commands without quotes, variables and pipes. */
export function commandsOf(block: string): Words[] {
  const lines = block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s#.*$/, '').trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/\s+/) as unknown as Words);
}

/**
 * Returns the only command of a block.
 *
 * @throws Error when it has none or several
 */
export function onlyCommandOf(block: string): Words {
  const [command, ...others] = commandsOf(block);
  if (!command || others.length > 0) {
    throw new Error(`expected one command: ${block}`);
  }
  return command;
}
