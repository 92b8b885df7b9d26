import { createHash } from 'node:crypto';
import { type UpstreamRequest } from './upstream-transport';

/** A server that supports WebSocket appends this text to the key (RFC 6455 §1.3). */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Headers of the response that go to the client (RFC 6455 §4.2.2). Clients do not need others, and http-proxy would not filter them. */
const ANSWERED = ['sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'] as const;

/** Names, and parameters that are tokens or quoted strings (RFC 6455 §9.1). */
const EXTENSIONS = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Header names in lower case, with one value for each line. */
export type ReceivedHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** The response's headers for the client, or why the response does not belong to this handshake. */
export type Handshake = { readonly headers: Record<string, string> } | { readonly problem: string };

/**
 * Checks a response with status 101 and returns its headers for the client. A 101 that does not match the handshake would create a tunnel
 * whose two ends use different protocols, so it is refused (RFC 6455 §4.1 requires that of clients).
 */
export function acceptedHandshake(asked: UpstreamRequest['headers'], answer: ReceivedHeaders): Handshake {
  const problem =
    wrongProtocol(answer) ??
    wrongKey(textOf(asked['sec-websocket-key']), answer) ??
    wrongChoice(listOf(textOf(asked['sec-websocket-protocol'])), answer) ??
    wrongExtensions(namesOf(textOf(asked['sec-websocket-extensions'])), answer);
  if (problem !== undefined) {
    return { problem };
  }
  return { headers: Object.fromEntries(ANSWERED.flatMap((name) => (answer[name] ? [[name, answer[name].join(', ')]] : []))) };
}

function wrongProtocol(answer: ReceivedHeaders): string | undefined {
  const isWebSocket = answer['upgrade']?.length === 1 && answer['upgrade'][0]?.toLowerCase() === 'websocket';
  return isWebSocket ? undefined : 'it switches to another protocol than WebSocket';
}

function wrongKey(key: string, answer: ReceivedHeaders): string | undefined {
  const expected = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');
  const accepted = answer['sec-websocket-accept'];
  return accepted?.length === 1 && accepted[0] === expected ? undefined : 'its Sec-WebSocket-Accept does not belong to the key';
}

function wrongChoice(offered: readonly string[], answer: ReceivedHeaders): string | undefined {
  const [chosen, ...more] = answer['sec-websocket-protocol'] ?? [];
  const isOffered = chosen === undefined || (more.length === 0 && offered.includes(chosen));
  return isOffered ? undefined : 'it chooses a subprotocol that the client did not offer';
}

function wrongExtensions(offered: readonly string[], answer: ReceivedHeaders): string | undefined {
  const chosen = answer['sec-websocket-extensions'];
  if (chosen === undefined) {
    return undefined;
  }
  const text = chosen.join(', ');
  const isOffered = EXTENSIONS.test(text) && namesOf(text).every((name) => offered.includes(name));
  return isOffered ? undefined : 'it uses an extension that the client did not offer';
}

/** Returns the names in `name; parameter=value, name`. */
function namesOf(extensions: string): string[] {
  return listOf(extensions).map((extension) => (extension.split(';', 1)[0] ?? '').trim().toLowerCase());
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function textOf(value: UpstreamRequest['headers'][string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
