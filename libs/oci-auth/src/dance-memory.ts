import { type WallClock } from '@oci-connector/clock';
import { type KnownPlans } from './known-plans';
import { type KnownTokens } from './known-tokens';
import { type LearnedActions } from './learned-actions';
import { type RefusedCredentials } from './refused-credentials';
import { type TokenSource } from './token-source';

/** The state that is kept between requests, and the source of new tokens. */
export interface DanceMemory {
  readonly clock: WallClock;
  /** How registries require requests to be authorised. */
  readonly plans: KnownPlans;
  /** Tokens, and recent refusals. */
  readonly tokens: KnownTokens;
  /** Credentials that are not sent again. */
  readonly refusals: RefusedCredentials;
  /** The names that registries use for our actions. */
  readonly actions: LearnedActions;
  readonly source: TokenSource;
}
