import { type Socket } from 'node:net';

/** The connection of a client that asks for a WebSocket, while the answer is not known. */
export interface WebSocketClient {
  /** Not to be read, written or closed before {@link release}. */
  readonly socket: Socket;
  /** Ends the wait. All that the client has sent since its request can then be read from the socket, which is paused. */
  release(): void;
  /** Closes the connection when all that was written has gone out. */
  close(): void;
}
