import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type Manifest, parseManifests } from './apply-manifests';

/** Extensions of the files that kubectl reads in a directory (resource.FileExtensions). */
const EXTENSIONS = ['.json', '.yaml', '.yml'];

/** Timeout of a download, in milliseconds, so that a hanging web server does not block the user. */
const DOWNLOAD_MS = 30_000;

/**
 * Reads manifests as `kubectl apply -f` does.
 *
 * @param sources files, directories, http and https URLs, or `-` for the standard input
 * @throws Error when a source cannot be read; the message names the source and the problem in one line
 */
export async function readManifests(sources: readonly string[]): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const source of sources) {
    const found: Manifest[] = [];
    for (const { name, text } of await readSource(source)) {
      found.push(...parseManifests(text, name));
    }
    if (found.length === 0) {
      throw new Error(`--filename: ${source === '-' ? 'the standard input' : source} contains no object`);
    }
    manifests.push(...found);
  }
  return manifests;
}

/** A text with manifests, and its name for messages. */
export interface ManifestText {
  readonly name: string;
  readonly text: string;
}

/**
 * Reads the texts of a source.
 *
 * @throws Error when one cannot be read
 */
export async function readSource(source: string): Promise<ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const name of await textsOf(source)) {
    texts.push({ name: name === '-' ? 'the standard input' : name, text: await readText(name) });
  }
  return texts;
}

/** Returns the texts of a source: for a directory, its files in the order of their names. */
async function textsOf(source: string): Promise<string[]> {
  if (!isFile(source) || !(await stat(source)).isDirectory()) {
    return [source];
  }
  const names = (await readdir(source, { withFileTypes: true })).filter(
    (entry) => !entry.isDirectory() && EXTENSIONS.includes(path.extname(entry.name)),
  );
  if (names.length === 0) {
    throw new Error(`--filename: directory ${source} has no file that ends in ${EXTENSIONS.join(', ')}`);
  }
  return names.map(({ name }) => path.join(source, name)).sort();
}

const isUrl = (source: string): boolean => /^https?:\/\//.test(source);
const isFile = (source: string): boolean => source !== '-' && !isUrl(source);

function readText(source: string): Promise<string> {
  if (source === '-') {
    return text(process.stdin);
  }
  return isUrl(source) ? download(source) : readFile(source, 'utf8');
}

async function download(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) });
    if (!response.ok) {
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    }
    return await response.text();
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`--filename: cannot read ${url}: ${cause instanceof Error ? cause.message : message}`, { cause: error });
  }
}
