import { OTHER_CONNECTORS } from '@oci-connector/runtime';

/** The Connectors that have time series of their own. Their number is limited, because each has some 30 of them. */
export class LabelledConnectors {
  readonly #connectors = new Set<string>();

  constructor(private readonly max: number) {}

  /** Returns the Connector if it has time series of its own or there is room for them; otherwise {@link OTHER_CONNECTORS}. */
  labelOf(connector: string): string {
    if (this.#connectors.has(connector)) {
      return connector;
    }
    if (this.#connectors.size >= this.max) {
      return OTHER_CONNECTORS;
    }
    this.#connectors.add(connector);
    return connector;
  }

  /** Makes room for another Connector. */
  forget(connector: string): void {
    this.#connectors.delete(connector);
  }
}
