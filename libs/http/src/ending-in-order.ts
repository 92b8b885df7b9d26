import { type Socket } from 'node:net';
import { type buildConnector } from 'undici';

/** The part of undici's parser of HTTP/1.1 that is needed here. */
interface Parser {
  paused: boolean;
  /** False also says that the end of the connection may end the response. */
  shouldKeepAlive: boolean;
  readonly ptr: unknown;
  readonly llhttp: { llhttp_resume(ptr: unknown): void };
  /** Takes in what there is to be read. */
  resume(): void;
}

/**
 * A connector for undici on whose connections a response that is paused for back-pressure ends in order when the connection does:
 * complete, or with an error when something is missing. Without this an assertion of undici fails, which nobody can
 * catch, and the program ends (nodejs/undici#5360). Mended in undici 8, which needs Node.js 22; to be taken away with undici 7.
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

/** @param socket one that undici has not been given yet, so that its own listeners come after these */
function endPausedResponse(socket: Socket): void {
  socket.on('end', () => ended(parserOf(socket)));
  socket.on('error', () => broken(parserOf(socket)));
  socket.on('close', () => cut(parserOf(socket)));
}

/** The server has sent all that it wanted to send, and all of it was read already: nothing is left that the pause would hold back. */
function ended(parser: Parser | undefined): void {
  if (!parser?.paused) {
    return;
  }
  parser.resume();
  if (!parser.paused) {
    return;
  }
  // Of a body that ends with the connection, or too early, undici's listener tells when it finds the parser running.
  parser.llhttp.llhttp_resume(parser.ptr);
  parser.paused = false;
}

/** A reset is the end of no response, also of one that ends with its connection. */
function broken(parser: Parser | undefined): void {
  if (parser) {
    parser.shouldKeepAlive = true;
  }
}

/** What had not been read is lost, so this cannot be the end of a response that was held back, whatever its head says. */
function cut(parser: Parser | undefined): void {
  if (parser?.paused) {
    parser.shouldKeepAlive = true;
  }
}

/** undici keeps it on the socket, under a symbol that it does not export. */
function parserOf(socket: Socket): Parser | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  return key && ((socket as Socket & { readonly [key: symbol]: Parser | null })[key] ?? undefined);
}
