import { type EgressPolicy, type HostAndPort, pinnedConnect } from '@oci-connector/egress';
import { type Clock } from '@oci-connector/clock';
import { type UpgradableConnection } from '../client/ways';
import { authorityText } from '../naming/authority';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { untilBothClosed } from '../upstream/web-socket-tunnel';
import { type Admission } from './admit-login';
import { hostRefusal } from './host-refusal';

export interface BlindTunnelOptions {
  readonly policy: EgressPolicy;
  readonly clock: Clock;
  /** The longest life of a tunnel, in milliseconds. */
  readonly maxAgeMs: number;
}

export interface BlindTunnelTarget extends Admission {
  readonly authority: HostAndPort;
}

/** Tunnels to hosts of no Connector, whose bytes the proxy does not look at. The egress policy decides which hosts that may be. */
export class BlindTunnel {
  constructor(private readonly options: BlindTunnelOptions) {}

  /** Resolves when the tunnel has closed. */
  async open(client: ClientExchange, connection: UpgradableConnection, { identity, authority }: BlindTunnelTarget): Promise<void> {
    const { policy, clock, maxAgeMs } = this.options;
    const { transfer } = client;
    // One client's slow names do not delay those of others.
    const connect = pinnedConnect({ policy: policy.forOwner(identity.username), purpose: 'other-host' });
    const upstream = await connect(`http://${authorityText(authority)}`, transfer.signal).catch((error: unknown) => {
      throw hostRefusal(error);
    });
    const { tokenExpiresAt = Infinity } = identity;
    const end = clock.setTimeout(() => transfer.cancel('permission-ended'), Math.min(maxAgeMs, Math.max(0, tokenExpiresAt - clock.now())));
    transfer.atEnd(() => end.cancel());
    client.record.switched = 200;
    connection.release();
    connection.socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    connection.socket.pipe(upstream);
    upstream.pipe(connection.socket);
    await untilBothClosed({ client: connection, upstream, transfer });
  }
}
