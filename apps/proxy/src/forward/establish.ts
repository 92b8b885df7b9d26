import { type UpgradableConnection } from '../client/ways';
import { type ClientExchange } from '../pipeline/proxy-exchange';

/** RFC 9110 §9.3.6: any 2xx switches to the tunnel, and has no content. */
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';

/**
 * Answers CONNECT with 200. From then on, what arrives on the connection belongs to the tunnel.
 *
 * @throws TransferCancelled when the client has left
 */
export function establish({ record, transfer }: ClientExchange, connection: UpgradableConnection): void {
  if (transfer.cancelled) {
    throw transfer.cancelled;
  }
  record.switched = 200;
  connection.release();
  connection.socket.write(ESTABLISHED);
}
