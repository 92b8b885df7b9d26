import { randomBytes } from 'node:crypto';
import { type CsiState } from '../csi-state';
import { type PublishRequest } from '../request/publish-request';

/**
 * Everything that the files of a volume depend on, in short. Two equal keys mean equal files, so that a call by which nothing
 * changes neither asks nor reads nor renders.
 */
export class VolumeKeys {
  /** Keys are kept in memory; a token cannot be told from its fingerprint. */
  readonly #fingerprintKey = randomBytes(32);

  constructor(private readonly state: Pick<CsiState, 'connector' | 'connectorClass' | 'caCertificates'>) {}

  /**
   * To be taken before anything is read: what changes while files are made from it then gives another key the next time.
   *
   * @returns undefined when something is missing
   */
  keyOf({ attributes, group, token }: PublishRequest): string | undefined {
    const caCertificates = this.state.caCertificates();
    const versions = attributes.connectors.map((key) => {
      const connector = this.state.connector(key);
      const connectorClass = connector && this.state.connectorClass(connector.spec.connectorClassName);
      return connectorClass && [connector, connectorClass].map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
    });
    if (caCertificates === undefined || versions.includes(undefined)) {
      return undefined;
    }
    return JSON.stringify([token.fingerprint(this.#fingerprintKey), attributes, group, versions, caCertificates]);
  }
}
