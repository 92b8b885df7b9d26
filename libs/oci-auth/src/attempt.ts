/** Requests to token servers that one client request may cause: one for the scope, and one to find out what a refusal means. */
const TOKEN_REQUESTS = 2;

/** Limits the token requests for one client request, so that no response of a registry causes an endless series of them. */
export class Attempt {
  #left = TOKEN_REQUESTS;

  /** @param since grants with a higher serial number were obtained after the request began */
  constructor(readonly since: number) {}

  /** The number of token requests that are still allowed. */
  get left(): number {
    return this.#left;
  }

  /** Counts a token request. Returns false when no more are allowed. */
  take(): boolean {
    if (this.#left === 0) {
      return false;
    }
    this.#left -= 1;
    return true;
  }
}
