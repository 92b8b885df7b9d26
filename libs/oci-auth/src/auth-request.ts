import { type Attempt } from './attempt';
import { type RepositoryAction, type RepositoryScope } from './scope';
import { type TokenOrder } from './token-source';

export interface AuthorizeOptions {
  /** The token should live at least this long, in milliseconds: longer than what is about to be sent takes to send. */
  minimumLifetimeMs?: number;
  /** Ends the caller's wait; a fetch that others share goes on. */
  signal?: AbortSignal;
  /** What a challenge may make us ask for, at most: the actions that the client's verb covers. Default: the scope's own. */
  limit?: readonly RepositoryAction[];
  /** What the request has already cost; see {@link OciAuthorizer.begin}. */
  attempt?: Attempt;
}

/** A request that is to be authorised, in the form that the steps of the dance share. */
export interface AuthRequest extends Omit<TokenOrder, 'plan'> {
  /** What was asked for; `scopes` is what the registry calls it. */
  readonly own: readonly RepositoryScope[];
  readonly options: AuthorizeOptions;
}
