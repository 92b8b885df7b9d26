import { type WallClock } from '@oci-connector/clock';
import { type KnownPlans } from './known-plans';
import { type KnownTokens } from './known-tokens';
import { type LearnedActions } from './learned-actions';
import { type RefusedCredentials } from './refused-credentials';
import { type TokenSource } from './token-source';

/** What is remembered from request to request, and who is asked for tokens. */
export interface DanceMemory {
  readonly clock: WallClock;
  /** How registries want to be authorised. */
  readonly plans: KnownPlans;
  /** Tokens, and what was refused a moment ago. */
  readonly tokens: KnownTokens;
  /** Credentials that are not sent again. */
  readonly refusals: RefusedCredentials;
  /** What registries call our actions. */
  readonly actions: LearnedActions;
  readonly source: TokenSource;
}
