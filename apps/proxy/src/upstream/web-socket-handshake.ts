import { createHash } from 'node:crypto';
import { type UpstreamRequest } from './upstream-transport';

/** RFC 6455 §1.3: what a server that understands WebSocket puts behind the key. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What an answer may say of the WebSocket (RFC 6455 §4.2.2). Its other headers stay here: nobody needs them, and http-proxy would write them as they are. */
const ANSWERED = ['sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'] as const;

/** RFC 6455 §9.1: names, and parameters that are tokens or quoted ones. */
const EXTENSIONS = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Header names in lower case; several values are several lines. */
export type ReceivedHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/** What of the answer goes to the client, or why it is no answer to this handshake. */
export type Handshake = { readonly headers: Record<string, string> } | { readonly problem: string };

/**
 * What of an answer with status 101 goes to the client. A 101 that does not answer the handshake makes a tunnel of the connection for two who
 * disagree on what is spoken there, so it is refused (RFC 6455 §4.1 wants that of clients).
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

/** Of `name; parameter=value, name`. */
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
