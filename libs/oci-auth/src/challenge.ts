/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`, … */
  readonly scheme: string;
  /** Names in lower case; of a repeated name the first value counts. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The one-value form, e.g. of Negotiate. */
  readonly token68?: string;
}

/** Challenges in one header or many; never throws. */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  throw new Error(`not yet: ${typeof header}`);
}
