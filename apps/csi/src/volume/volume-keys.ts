import { randomBytes } from 'node:crypto';
import { type CsiState } from '../csi-state';
import { type PublishRequest } from '../request/publish-request';

/**
 * Makes a key of everything that the files of a volume depend on. Equal keys mean equal files, so a call that changes nothing sends no
 * review, reads no file and renders nothing.
 */
export class VolumeKeys {
  /** Fingerprints a token, because keys stay in memory: a fingerprint does not reveal the token. */
  readonly #fingerprintKey = randomBytes(32);

  constructor(private readonly state: Pick<CsiState, 'connector' | 'connectorClass' | 'caCertificates'>) {}

  /**
   * Returns the key of a request. Call it before reading the inputs: a change during rendering then gives another key next time.
   *
   * @returns undefined when an object is missing
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
