import { Counter, type CounterConfiguration } from 'prom-client';

/**
 * A counter for events of every request. prom-client builds and looks up a text of the labels for each count, so this counter updates
 * it only once a scrape.
 */
export class TalliedCounter<Label extends string> {
  readonly #counts = new Map<string, number>();

  constructor(configuration: Omit<CounterConfiguration<Label>, 'collect' | 'labelNames'> & { readonly labelNames: readonly Label[] }) {
    const counts = this.#counts;
    const { labelNames } = configuration;
    new Counter({
      ...configuration,
      collect(): void {
        for (const [values, count] of counts) {
          const labels = Object.fromEntries(values.split(' ').map((value, index) => [labelNames[index], value])) as Record<Label, string>;
          this.inc(labels, count);
        }
        counts.clear();
      },
    });
  }

  /** @param values of the labels, in their order, separated by spaces; no value contains a space */
  inc(values: string): void {
    this.#counts.set(values, (this.#counts.get(values) ?? 0) + 1);
  }
}
