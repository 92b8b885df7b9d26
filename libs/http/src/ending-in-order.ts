import { type Socket } from 'node:net';
import { type buildConnector } from 'undici';

/** The part of undici's HTTP/1.1 parser that this file uses. */
interface Parser {
  paused: boolean;
  /** If false, the end of the connection may end the response. */
  shouldKeepAlive: boolean;
  readonly ptr: unknown;
  readonly llhttp: { llhttp_resume(ptr: unknown): void };
  /** Parses the data that can be read. */
  resume(): void;
}

/**
 * Returns a connector for undici that handles the end of a connection correctly while a response is paused for back-pressure:
 * the response then ends, or fails if a part of it is missing. Without this, an assertion of undici fails that no code can
 * catch, and the process ends (nodejs/undici#5360). undici 8, which needs Node.js 22, fixes this; remove this file with undici 7.
 */
export function endingInOrder(connect: buildConnector.connector): buildConnector.connector {
  return (target, connected) =>
    connect(target, (...[error, socket]) => {
      if (error) {
        return connected(error, null);
      }
      endPausedResponse(socket);
      connected(null, socket);
    });
}

/** @param socket a socket that undici does not have yet, so that undici's listeners run after these */
function endPausedResponse(socket: Socket): void {
  socket.on('end', () => ended(parserOf(socket)));
  socket.on('error', () => broken(parserOf(socket)));
  socket.on('close', () => cut(parserOf(socket)));
}

/** Handles the end of the connection. The server has sent everything and it was read, so the pause has no further data to hold back. */
function ended(parser: Parser | undefined): void {
  if (!parser?.paused) {
    return;
  }
  parser.resume();
  if (!parser.paused) {
    return;
  }
  // When the parser runs, undici's listener handles a body that ends with the connection, or too early.
  parser.llhttp.llhttp_resume(parser.ptr);
  parser.paused = false;
}

/** Handles a connection error. A reset never ends a response, even if the end of the connection would. */
function broken(parser: Parser | undefined): void {
  if (parser) {
    parser.shouldKeepAlive = true;
  }
}

/** Handles the close of a connection during a pause. Unread data is lost, so this does not end the response, whatever its headers say. */
function cut(parser: Parser | undefined): void {
  if (parser?.paused) {
    parser.shouldKeepAlive = true;
  }
}

/** Returns undici's parser, which is a property of the socket under a symbol that undici does not export. */
function parserOf(socket: Socket): Parser | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  return key && ((socket as Socket & { readonly [key: symbol]: Parser | null })[key] ?? undefined);
}
