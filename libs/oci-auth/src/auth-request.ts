import { type Attempt } from './attempt';
import { type RepositoryAction, type RepositoryScope } from './scope';
import { type TokenOrder } from './token-source';

export interface AuthorizeOptions {
  /** The token should be valid for at least this long, in milliseconds: until the request body is sent. */
  minimumLifetimeMs?: number;
  /** Ends the wait of this caller. A fetch that other callers share continues. */
  signal?: AbortSignal;
  /** The most that a challenge may make us request: the actions that the client's verb covers. Default: the actions of the scope. */
  limit?: readonly RepositoryAction[];
  /** Counts the token requests already made for this request; see {@link OciAuthorizer.begin}. */
  attempt?: Attempt;
}

/** A request to authorise, in the form that the steps of the dance share. */
export interface AuthRequest extends Omit<TokenOrder, 'plan'> {
  /** The scopes that the caller asked for. `scopes` has the same ones with the registry's names for the actions. */
  readonly own: readonly RepositoryScope[];
  readonly options: AuthorizeOptions;
}
