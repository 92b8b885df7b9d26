import { type Clock, type Timer } from '@oci-connector/clock';
import { type ClientIdentity, KubeError, ReviewUnavailableError } from '@oci-connector/kube';
import { ProxyError } from '../proxy.errors';
import { uidOf } from './connector-uid';
import { type UpstreamPlan } from '../protocols/protocol';
import { type ClientExchange, type Resolution } from './proxy-exchange';

/** How long a client may continue after its permission was revoked, in milliseconds. */
const INTERVAL = 60_000;

/** How long a review may be unavailable, in milliseconds: as long as a cached review is used while the API server cannot be reached. */
const MAX_UNCONFIRMED = 5 * 60_000;

/** The client of a long-lived connection. */
export interface ReviewedClient {
  readonly client: Pick<ClientExchange, 'transfer'>;
  readonly identity: Pick<ClientIdentity, 'tokenExpiresAt'>;
}

/** What is reviewed of a planned request. */
export interface ReviewedRequest extends ReviewedClient {
  readonly resolution: Pick<Resolution, 'connector'>;
  readonly plan: Pick<UpstreamPlan, 'target' | 'webSocket'>;
}

/**
 * Enforces rule C12 for long-lived connections. Every minute it repeats the checks for a new request. It ends the connection when the token
 * expires, the permission is revoked, or the Connector or its upstream changes.
 */
export class RepeatReviews {
  constructor(private readonly clock: Clock) {}

  /**
   * Starts the reviews. Cancels the transfer after the first review that fails.
   *
   * @param ask repeats the checks; false, or an error that is a refusal, ends the transfer
   * @returns stops the reviews
   */
  begin({ client, identity }: ReviewedClient, ask: () => Promise<boolean>): () => void {
    const { clock } = this;
    const { tokenExpiresAt = Infinity } = identity;
    let confirmedAt = clock.monotonic();
    let timer: Timer | undefined;
    let hasEnded = false;
    const confirm = async (): Promise<boolean> => {
      if (clock.now() >= tokenExpiresAt) {
        return false;
      }
      const askedAt = clock.monotonic();
      try {
        const isConfirmed = await ask();
        confirmedAt = askedAt;
        return isConfirmed;
      } catch (error) {
        return isNoAnswer(error) && clock.monotonic() - confirmedAt < MAX_UNCONFIRMED;
      }
    };
    const review = async (): Promise<void> => {
      if (!(await confirm())) {
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

/** Whether a repeated request for a WebSocket would reach the same place. */
export function leadsToTheSame(first: ReviewedRequest, now: ReviewedRequest): boolean {
  const isSame = uidOf(first.resolution.connector) === uidOf(now.resolution.connector);
  const [{ origin, path }, place] = [first.plan.target, now.plan.target];
  return isSame && place.origin === origin && place.path === path && now.plan.webSocket === true;
}

/** Whether the review is only unavailable. Any other error is a refusal. */
function isNoAnswer(error: unknown): boolean {
  return (
    error instanceof KubeError ||
    error instanceof ReviewUnavailableError ||
    (error instanceof ProxyError && error.code === 'ReviewUnavailable')
  );
}
