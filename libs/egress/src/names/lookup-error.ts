/** Why a name gave no address. */
export type LookupProblem =
  /** The name server says that there is none. */
  | 'absent'
  /** No name server gave an answer, or none but errors. */
  | 'unanswered'
  /** The caller, or all callers together, had too many lookups in flight, and this was the oldest. */
  | 'crowded-out';

/** A failure of {@link NameResolver.lookup}. */
export class LookupError extends Error {
  override readonly name = 'LookupError';

  constructor(
    readonly problem: LookupProblem,
    message: string,
  ) {
    super(message);
  }
}
