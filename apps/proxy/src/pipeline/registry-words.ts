import { parseJsonObject } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { readBody } from '../upstream/read-body';
import { type UpstreamResponse } from '../upstream/upstream-transport';

/** In bytes. Registries explain a refusal in a few hundred bytes. A longer body is an HTML page, or not meant for people. */
const MAX_BODY = 16 * 1024;

/** How long the proxy waits for the message, in milliseconds. The refusal itself is already known. */
const MAX_WAIT_MS = 5_000;

/** In characters: one or two lines of a terminal. */
const MAX_WORDS = 300;

/** Control characters, bidirectional and other invisible characters, lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const REDACTED = '[…]';

/** The scheme of an `Authorization` value; the next word is a credential. */
const SCHEME = /^(?:bearer|basic)$/i;

/** `password=…`, `"token":"…"`. */
const NAMED_SECRET = /^(.{0,40}(?:token|password|passwd|secret|signature|credential|authorization|apikey|api_key)["']?[=:]).+$/i;

/** Candidates for random strings, such as tokens. {@link isRandom} excludes words of a language and names of repositories. */
const RANDOM = /[A-Za-z0-9_+=~.-]{20,}/g;

/**
 * Reads the registry's message about a refusal and makes it safe to show to a client: one line of limited length, without characters that
 * reorder or hide text, without tokens, and without the query and user info of URLs. Never rejects.
 *
 * @param secrets the secrets that were sent to the registry, in case the message repeats them
 * @returns undefined if there is no message, or it cannot be shown
 */
export async function registryWords(response: UpstreamResponse, secrets: readonly Sensitive[]): Promise<string | undefined> {
  let body: Buffer;
  try {
    body = await readBody(response, MAX_BODY, MAX_WAIT_MS);
  } catch {
    // The body is too long, too late, or incomplete: the client gets the refusal without a message.
    return undefined;
  }
  return printableWords(body, secrets);
}

/** Extracts the message from a body, as {@link registryWords} describes. */
export function printableWords(body: Buffer, secrets: readonly Sensitive[]): string | undefined {
  const text = body.toString('utf8');
  const said = fromJson(text) ?? (/^\s*[<{[]/.test(text) ? '' : text);
  // Redacting only the password would reveal it, if it is an ordinary word.
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

/**
 * Returns the messages of an error body in the form of the distribution-spec, or in the forms of token servers and gateways.
 *
 * @returns undefined if the text is not a JSON object
 */
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

/** Whether the text contains a secret that was sent to the registry, with or without its scheme. */
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

/** Reduces a URL to scheme, host and path: its query may contain a signature, and its user info a password. */
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
