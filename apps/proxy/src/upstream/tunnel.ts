import { type Socket } from 'node:net';
import { UpstreamConnectError } from '@oci-connector/egress';
import { type Transfer } from '../transfer/transfer';
import { type RawConnection } from '../transfer/raw-connection';

export interface TunnelEnds {
  readonly client: RawConnection;
  readonly upstream: Socket;
  readonly transfer: Transfer;
}

/**
 * Closes each of two connections after the other, because what passes their data on passes on only a proper end. Resolves when both are
 * closed.
 *
 * @throws TransferCancelled when the transfer was cancelled
 * @throws UpstreamConnectError ConnectionReset when the upstream's connection broke off
 */
export async function untilBothClosed({ client, upstream, transfer }: TunnelEnds): Promise<void> {
  const { socket } = client;
  socket.on('error', () => transfer.cancel('client-aborted'));
  transfer.whenIdle(() => transfer.cancel('idle'));
  transfer.onCancel(() => {
    upstream.destroy();
    socket.destroy();
  });
  await Promise.all([closed(socket).then(() => upstream.destroySoon()), closed(upstream).then(() => client.close())]);
  if (transfer.cancelled) {
    throw transfer.cancelled;
  }
  if (upstream.errored) {
    throw new UpstreamConnectError('ConnectionReset', 'The connection broke off', {
      cause: upstream.errored,
      reason: 'the connection broke off',
    });
  }
}

function closed(socket: Socket): Promise<void> {
  return socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
}
