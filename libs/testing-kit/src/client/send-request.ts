import { request as httpRequest, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface SendOptions {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Bytes are sent with Content-Length; a stream is sent chunked unless the headers have a length. */
  readonly body?: Buffer | string | Readable;
  /** The PEM of the only authority to trust; default: Node's roots. The certificate is always verified. */
  readonly ca?: string;
  /** The target to connect to instead of the host in the URL, which stays in Host and in the TLS server name. */
  readonly connectTo?: { readonly host: string; readonly port: number };
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface ReceivedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they arrived. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * Sends one HTTP request. It follows no redirect, and sends path and query exactly as they are written, which a URL class would normalize.
 * Resolves with the response even while the body is still being sent. Rejects when the connection ends before the response is complete.
 */
export function sendRequest(url: string, options: SendOptions = {}): Promise<ReceivedResponse> {
  const target = split(url);
  const send = target.scheme === 'https' ? httpsRequest : httpRequest;
  const { method = 'GET', headers, body, ca, agent, signal, connectTo } = options;
  return new Promise((resolve, reject) => {
    const outgoing = send({
      host: connectTo?.host ?? target.hostname,
      port: connectTo?.port ?? target.port,
      servername: target.scheme === 'https' && !isAddress(target.hostname) ? target.hostname : undefined,
      path: target.path,
      method,
      headers: { host: target.authority, ...length(body), ...headers },
      ca,
      agent: agent ?? false,
      signal,
    });
    outgoing.on('error', reject);
    outgoing.once('response', (incoming) => {
      collect(incoming).then(
        (content) =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, rawHeaders: incoming.rawHeaders, body: content }),
        reject,
      );
    });
    if (body instanceof Readable) {
      pipeline(body, outgoing).catch(reject);
    } else {
      outgoing.end(body);
    }
  });
}

function length(body: SendOptions['body']): OutgoingHttpHeaders {
  return body === undefined || body instanceof Readable ? {} : { 'content-length': Buffer.byteLength(body) };
}

function split(url: string): { scheme: string; authority: string; hostname: string; port: string; path: string } {
  const match = /^(https?):\/\/(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?(.*)$/.exec(url);
  if (!match) {
    throw new Error(`not an absolute http URL: ${url}`);
  }
  const [, scheme = '', host = '', port, path] = match;
  return {
    scheme,
    authority: port === undefined ? host : `${host}:${port}`,
    hostname: host.replace(/^\[|\]$/g, ''),
    port: port ?? (scheme === 'https' ? '443' : '80'),
    path: path || '/',
  };
}

/** TLS has no server name for an address (RFC 6066 §3). */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
