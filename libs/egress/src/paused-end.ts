import { type Socket } from 'node:net';
import { type buildConnector } from 'undici';

/** The part of undici's parser of HTTP/1.1 that is needed here. */
interface Parser {
  paused: boolean;
  readonly ptr: unknown;
  readonly llhttp: { llhttp_resume(ptr: unknown): void };
  /** Takes in what there is to be read. */
  resume(): void;
}

/**
 * A connector for undici on whose connections a response that is paused for back-pressure ends in order when the server ends the
 * connection: complete, or with an error when something is missing. Without this an assertion of undici fails, which nobody can
 * catch, and the program ends (nodejs/undici#5360). Mended in undici 8, which needs Node.js 22; to be taken away with undici 7.
 */
export function endingInOrder(connect: buildConnector.connector): buildConnector.connector {
  return (target, connected) =>
    connect(target, (...[error, socket]) => {
      if (error) return connected(error, null);
      endPausedResponse(socket);
      connected(null, socket);
    });
}

/** @param socket one that undici has not been given yet, so that its own listener comes after this one */
function endPausedResponse(socket: Socket): void {
  socket.on('end', () => {
    const parser = parserOf(socket);
    if (!parser?.paused) return;
    // All that came before the end was read already, so nothing is left that the pause would hold back.
    parser.resume();
    if (!parser.paused) return;
    // Of a body that ends with the connection, or too early, undici's listener tells when it finds the parser running.
    parser.llhttp.llhttp_resume(parser.ptr);
    parser.paused = false;
  });
}

/** undici keeps it on the socket, under a symbol that it does not export. */
function parserOf(socket: Socket): Parser | null | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser');
  return key && (socket as Socket & { readonly [key: symbol]: Parser | null })[key];
}
