import { Histogram, type HistogramConfiguration, type MetricValueWithName } from 'prom-client';

interface Series {
  /** Number of observations in each bucket alone, in the order of the bounds. The last bucket is for values above all bounds. */
  readonly buckets: number[];
  sum: number;
  count: number;
}

export interface TalliedHistogramConfiguration<Label extends string> extends Omit<HistogramConfiguration<Label>, 'collect'> {
  readonly labelNames: [Label];
  /** Upper bounds in ascending order. */
  readonly buckets: number[];
}

/**
 * A histogram with one label for events of every request; the counterpart of TalliedCounter. prom-client accepts no sums, so this class
 * replaces the methods that prom-client calls at a scrape. The spec compares their results with those of prom-client.
 */
export class TalliedHistogram<Label extends string> {
  readonly #series = new Map<string, Series>();

  constructor(private readonly configuration: TalliedHistogramConfiguration<Label>) {
    const scrape = (): Promise<object> => Promise.resolve(this.#scrape());
    Object.assign(new Histogram<Label>(configuration), { get: scrape, getForPromString: scrape });
  }

  /** @param labelValue one of a few, because each value creates time series of its own */
  observe(labelValue: string, value: number): void {
    const series = this.#series.get(labelValue) ?? this.#begin(labelValue);
    const { buckets: bounds } = this.configuration;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) {
      bucket += 1;
    }
    series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
    series.sum += value;
    series.count += 1;
  }

  #begin(labelValue: string): Series {
    const series = { buckets: Array<number>(this.configuration.buckets.length + 1).fill(0), sum: 0, count: 0 };
    this.#series.set(labelValue, series);
    return series;
  }

  #scrape(): object {
    const { name, help } = this.configuration;
    return {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...this.#series].flatMap(([value, series]) => this.#valuesOf(value, series)),
    };
  }

  #valuesOf(value: string, { buckets, sum, count }: Series): MetricValueWithName<Label>[] {
    const { name, labelNames, buckets: bounds } = this.configuration;
    const labels = { [labelNames[0]]: value } as Record<Label, string>;
    let below = 0;
    const cumulative = buckets.map((observed, index) => {
      below += observed;
      return { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? '+Inf', ...labels }, value: below };
    });
    return [...cumulative, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }];
  }
}
