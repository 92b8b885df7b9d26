import { parseJsonObject } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { readBody } from '../upstream/read-body';
import { type UpstreamResponse } from '../upstream/upstream-transport';

/** Registries explain a refusal in some hundred bytes. What is longer is a page, or not meant for people. In bytes. */
const MAX_BODY = 16 * 1024;

/** Nobody waits longer for words that do not come; the refusal is known. In milliseconds. */
const MAX_WAIT_MS = 5_000;

/** As much of it as fits into a line of a terminal or two. In characters. */
const MAX_WORDS = 300;

/** Control characters, bidirectional and other invisible ones, halves of surrogate pairs, line and paragraph separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const REDACTED = '[…]';

/** `Authorization` values in a text. */
const SCHEME = /^(?:bearer|basic)$/i;

/** `password=…`, `"token":"…"`. */
const NAMED_SECRET = /^(.{0,40}(?:token|password|passwd|secret|signature|credential|authorization|apikey|api_key)["']?[=:]).+$/i;

/** What a random text is made of, and no word of a language or name of a repository: it mixes cases and digits, or is long and hexadecimal. */
const RANDOM = /[A-Za-z0-9_+=~.-]{20,}/g;

/**
 * What the registry says about its refusal, as far as it can be shown to a client: one line of bounded length, without what could
 * reorder or hide text, without tokens and without what a URL says behind its path. Undefined where it says nothing. Never rejects.
 *
 * @param secrets what was sent to the registry, in case it repeats that
 */
export async function registryWords(response: UpstreamResponse, secrets: readonly Sensitive[]): Promise<string | undefined> {
  let body: Buffer;
  try {
    body = await readBody(response, MAX_BODY, MAX_WAIT_MS);
  } catch {
    // Too long, too late, or broken off: the refusal stands without its words.
    return undefined;
  }
  return printableWords(body, secrets);
}

/** The words in a body. */
export function printableWords(body: Buffer, secrets: readonly Sensitive[]): string | undefined {
  const text = body.toString('utf8');
  const said = fromJson(text) ?? (/^\s*[<{[]/.test(text) ? '' : text);
  // Blotting out an ordinary word that happens to be the password would tell it.
  if (secrets.some((secret) => holds(text, secret) || holds(said, secret))) {
    return undefined;
  }
  const words = said
    .slice(0, MAX_BODY)
    .replace(UNPRINTABLE, ' ')
    .split(/\s+/)
    .filter((word) => word !== '');
  const line = words.map((word, index) => (SCHEME.test(words[index - 1] ?? '') ? REDACTED : harmless(word))).join(' ');
  const characters = [...line];
  if (characters.length === 0) {
    return undefined;
  }
  return characters.length > MAX_WORDS ? `${characters.slice(0, MAX_WORDS).join('')}…` : line;
}

/** The messages of the distribution-spec's error body, or of the forms that token servers and gateways use; undefined for anything else. */
function fromJson(text: string): string | undefined {
  const value = parseJsonObject(text);
  if (value === undefined) {
    return undefined;
  }
  const { errors, message, error } = value;
  const messages = Array.isArray(errors)
    ? errors.slice(0, 3).map((entry) => (entry as { message?: unknown } | null)?.message)
    : [message ?? error];
  return messages.filter((entry) => typeof entry === 'string').join('; ');
}

/** Whether what we sent there comes back, as it is or without its scheme. */
function holds(text: string, secret: Sensitive): boolean {
  if (secret.isEmpty) {
    return false;
  }
  const value = secret.reveal();
  const [, credentials = value] = /^(?:bearer|basic) (.+)$/i.exec(value) ?? [];
  return text.includes(credentials);
}

function harmless(word: string): string {
  return withoutQuery(word)
    .replace(NAMED_SECRET, `$1${REDACTED}`)
    .replace(RANDOM, (run) => (isRandom(run, word) ? REDACTED : run));
}

/** A URL keeps its scheme, host and path: a query may be a signature, and user info is a password. */
function withoutQuery(word: string): string {
  const query = word.search(/[?#]/);
  const isUrl = word.includes('://');
  const path = query >= 0 && (isUrl || word.includes('=', query)) ? `${word.slice(0, query)}?${REDACTED}` : word;
  return isUrl ? path.replace(/:\/\/[^/@]*@/, '://') : path;
}

function isRandom(run: string, word: string): boolean {
  if (/^[0-9a-f]{32,}$/.test(run)) {
    return !/sha\d{3}:/.test(word);
  }
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
}
