import { type Clock } from '@oci-connector/clock';

/** The value of Date (RFC 9110 §6.6.1). It is formatted only once a second. */
export class HttpDate {
  #second = NaN;
  #text = '';

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  get text(): string {
    const now = this.clock.now();
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(now).toUTCString();
    }
    return this.#text;
  }
}
