/** Requests to token servers that one request of a client may cause: for the scope, and for what a refusal leaves open. */
const TOKEN_REQUESTS = 2;

/** What the authorisation of one request may still cost, so that no answer of a registry makes us ask and ask. */
export class Attempt {
  #left = TOKEN_REQUESTS;

  /** @param since grants with a higher serial number were obtained after the request began */
  constructor(readonly since: number) {}

  /** How many requests to token servers there may still be. */
  get left(): number {
    return this.#left;
  }

  /** Counts a request to a token server; false when there may be no more. */
  take(): boolean {
    if (this.#left === 0) {
      return false;
    }
    this.#left -= 1;
    return true;
  }
}
