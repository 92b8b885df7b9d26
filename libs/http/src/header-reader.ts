/** Reads the value of a header from start to end, one match of a sticky pattern at a time. The caller limits the length of the value. */
export class HeaderReader {
  #position = 0;

  constructor(private readonly text: string) {}

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  /**
   * Consumes and returns the match at the current position; undefined when there is none.
   *
   * @param pattern has the flag `y`; every caller may use the same object
   */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text) ?? undefined;
    this.#position += match?.[0].length ?? 0;
    return match;
  }
}
