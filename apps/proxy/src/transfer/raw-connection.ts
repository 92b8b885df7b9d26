import { type Socket } from 'node:net';

/** The connection of a client that requests a WebSocket or a tunnel, until the response is known. */
export interface RawConnection {
  /** Must not be read, written or closed before {@link release}. */
  readonly socket: Socket;
  /** Hands the socket over, paused. All data that the client has sent after its request can then be read from it. */
  release(): void;
  /** Closes the connection after all written data has been sent. */
  close(): void;
}
