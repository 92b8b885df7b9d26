/** A problem that the user must correct; the message says how. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}
