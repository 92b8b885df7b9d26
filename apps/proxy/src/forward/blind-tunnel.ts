import { type Clock } from '@oci-connector/clock';
import { type EgressPolicy, formatHostAndPort, type HostAndPort, pinnedConnect } from '@oci-connector/egress';
import { type UpgradableConnection } from '../client/ways';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { type RepeatReviews } from '../pipeline/repeat-reviews';
import { type ReadBuffers } from '../transfer/read-buffers';
import { Relay } from '../transfer/relay';
import { untilBothClosed } from '../upstream/tunnel';
import { type Admission } from './admit-login';
import { establish } from './establish';
import { hostRefusal } from './host-refusal';

export interface BlindTunnelOptions {
  readonly policy: EgressPolicy;
  readonly clock: Clock;
  readonly reviews: RepeatReviews;
  /** The longest life of a tunnel, in milliseconds. */
  readonly maxAgeMs: number;
  readonly buffers: ReadBuffers;
}

export interface BlindTunnelTarget extends Admission {
  readonly authority: HostAndPort;
  /** Repeats the check of the login. */
  readonly admitAgain: () => Promise<boolean>;
}

/** Tunnels to hosts of no Connector, whose bytes the proxy does not look at. The egress policy decides which hosts that may be. */
export class BlindTunnel {
  constructor(private readonly options: BlindTunnelOptions) {}

  /** Resolves when the tunnel has closed. */
  async open(
    client: ClientExchange,
    connection: UpgradableConnection,
    { identity, authority, admitAgain }: BlindTunnelTarget,
  ): Promise<void> {
    const { policy, clock, reviews, maxAgeMs, buffers } = this.options;
    const { transfer } = client;
    const { socket } = connection;
    const toClient = new Relay(buffers, (bytes) => transfer.sentLent(bytes));
    // One client's slow names do not delay those of others.
    const connect = pinnedConnect({ policy: policy.forOwner(identity.username), purpose: 'other-host' });
    const how = { signal: transfer.signal, onread: toClient.onread };
    const upstream = await connect(`http://${formatHostAndPort(authority)}`, how).catch((error: unknown) => {
      throw hostRefusal(error, authority);
    });
    transfer.onCancel(() => upstream.destroy());
    const tooOld = clock.setTimeout(() => transfer.cancel('too-old'), maxAgeMs);
    transfer.atEnd(() => tooOld.cancel());
    transfer.atEnd(reviews.begin({ client, identity }, admitAgain));
    establish(client, connection);
    socket.on('data', (chunk: Buffer) => transfer.received(chunk.length));
    socket.pipe(upstream);
    toClient.start(upstream, socket);
    await untilBothClosed({ client: connection, upstream, transfer });
  }
}
