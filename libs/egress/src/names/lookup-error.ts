/** Why a lookup returned no address. */
export type LookupProblem =
  /** The name servers know no address of the name. */
  | 'absent'
  /** No name server answered, or all answered with errors. */
  | 'unanswered'
  /** The owner, or all owners together, had too many lookups in flight, and this was the oldest one. */
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
