import { type Socket } from 'node:net';
import { type ClientResponse } from './client-sink';

/**
 * Closes the connection of a response that cannot be completed: only that tells the client. A response that waits for an earlier one on its
 * connection closes it when its turn comes, before any of its bytes is sent. Node.js 24 forgets that such a response was destroyed.
 */
export function cutResponse(response: ClientResponse): void {
  if (!response.socket) {
    response.once('socket', (socket: Socket) => void socket.destroy());
  }
  response.destroy();
}
