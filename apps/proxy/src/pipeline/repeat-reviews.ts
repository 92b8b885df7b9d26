import { type Clock, type Timer } from '@oci-connector/clock';
import { KubeError, ReviewUnavailableError } from '@oci-connector/kube';
import { ProxyError } from '../proxy.errors';
import { uidOf } from './connector-uid';
import { type Planned } from './proxy-exchange';

/** How long somebody may go on whose permission was taken away. In milliseconds. */
const INTERVAL = 60_000;

/** How long nobody need be able to tell: as long as an answer is used while the API server cannot be reached. In milliseconds. */
const MAX_UNCONFIRMED = 5 * 60_000;

/**
 * Rule C12 for connections that last: the client is asked every minute for what a new request would be asked for, and the connection ends
 * with its token, with its permission, and with the Connector or what that leads to.
 */
export class RepeatReviews {
  constructor(private readonly clock: Clock) {}

  /**
   * Begins to ask; the transfer is cancelled at the first no.
   *
   * @returns ends it
   */
  begin(first: Planned, ask: () => Promise<Planned>): () => void {
    const { clock } = this;
    const { client, identity } = first;
    const { tokenExpiresAt = Infinity } = identity;
    let confirmedAt = clock.monotonic();
    let timer: Timer | undefined;
    let hasEnded = false;
    const isConfirmed = async (): Promise<boolean> => {
      if (clock.now() >= tokenExpiresAt) {
        return false;
      }
      const askedAt = clock.monotonic();
      try {
        const now = await ask();
        confirmedAt = askedAt;
        return leadsToTheSame(first, now);
      } catch (error) {
        return isNoAnswer(error) && clock.monotonic() - confirmedAt < MAX_UNCONFIRMED;
      }
    };
    const review = async (): Promise<void> => {
      if (!(await isConfirmed())) {
        client.transfer.cancel('permission-ended');
      } else if (!hasEnded) {
        wait();
      }
    };
    const wait = (): void => {
      timer = clock.setTimeout(() => void review(), Math.min(INTERVAL, Math.max(0, tokenExpiresAt - clock.now())));
    };
    wait();
    return () => {
      hasEnded = true;
      timer?.cancel();
    };
  }
}

function leadsToTheSame(first: Planned, now: Planned): boolean {
  const isSame = uidOf(first.resolution.connector) === uidOf(now.resolution.connector);
  return isSame && first.plan.target.origin === now.plan.target.origin && now.plan.webSocket === true;
}

/** Nobody can tell at the moment; every other error is a no. */
function isNoAnswer(error: unknown): boolean {
  return (
    error instanceof KubeError ||
    error instanceof ReviewUnavailableError ||
    (error instanceof ProxyError && error.code === 'ReviewUnavailable')
  );
}
