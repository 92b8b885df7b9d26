import { checkCertificates, type MountedConnector, proxyCertificates } from '@oci-connector/config-rendering';
import { type ConnectorKey } from '@oci-connector/connector-api';
import { type CsiState } from '../csi-state';
import { VolumeError } from '../csi.errors';
import { type PublishRequest } from '../request/publish-request';
import { checkAccess, perhapsElsewhere, type PermissionReviewer } from './check-access';
import { inputOf, mountedConnector, type VolumeInputs } from './volume-inputs';

export interface GatheredInputs {
  readonly inputs: VolumeInputs;
  /** Why some of the inputs are earlier ones instead of the current ones. */
  readonly problems: readonly unknown[];
}

const NOT_READY =
  'the CSI driver has not read the Connectors yet: it was just started, or the API server cannot be reached from this node; the kubelet tries again';

/** Gathers the inputs of a volume: its Connectors and their classes, if the pod may use them, and the proxy's CA. */
export class GatherInputs {
  constructor(
    private readonly state: Pick<CsiState, 'hasSynced' | 'connector' | 'connectorClass' | 'caCertificates'>,
    private readonly reviewer: PermissionReviewer,
  ) {}

  /**
   * Returns the current inputs, or the earlier ones where the current ones are not available.
   *
   * @param before inputs of the existing files. With them, a volume whose Connector was deleted, or whose pod lost the permission, keeps
   * its files and gets fresh tokens, but receives nothing new about that Connector
   * @throws VolumeError or ReviewUnavailableError when a Connector has neither current nor earlier inputs
   * @throws RenderingError CertificateAuthorityMissing when there is neither a current nor an earlier CA
   */
  async gather(request: PublishRequest, before?: VolumeInputs): Promise<GatheredInputs> {
    const problems: unknown[] = [];
    const keys = request.attributes.connectors;
    const results = await Promise.allSettled(keys.map((key) => this.#current(request, key)));
    const connectors = keys.map((key, index) => {
      const result = results[index];
      if (result?.status === 'fulfilled') {
        return result.value;
      }
      problems.push(result?.reason);
      return inputOf(before, key);
    });
    const known = connectors.filter((connector) => connector !== undefined);
    if (known.length < connectors.length) {
      throw firstOf(problems);
    }
    return { inputs: { connectors: known, caCertificates: this.#caCertificates(before, problems) }, problems };
  }

  /** Checks the permission before the lookup, so that a client without permission does not learn whether the Connector exists. */
  async #current(request: PublishRequest, key: ConnectorKey): Promise<MountedConnector> {
    if (!this.state.hasSynced) {
      throw new VolumeError('NotReady', NOT_READY);
    }
    await checkAccess(request, key, this.reviewer);
    const connector = this.state.connector(key);
    if (!connector) {
      const problem = `connector "${key.namespace}/${key.name}"${perhapsElsewhere(request, key)} not found`;
      throw new VolumeError('ConnectorNotFound', `${problem}; correct "connectors" of the volume, or create the Connector`);
    }
    const { connectorClassName } = connector.spec;
    const connectorClass = this.state.connectorClass(connectorClassName);
    if (!connectorClass) {
      const problem = `Connector ${key.namespace}/${key.name} is of ConnectorClass "${connectorClassName}", which does not exist`;
      throw new VolumeError('ClassNotFound', `${problem}; create the class, or correct spec.connectorClassName of the Connector`);
    }
    return mountedConnector(connector, connectorClass);
  }

  #caCertificates(before: VolumeInputs | undefined, problems: unknown[]): string {
    try {
      const certificates = proxyCertificates(this.state.caCertificates() ?? '');
      checkCertificates(certificates);
      return certificates;
    } catch (problem) {
      if (before === undefined) {
        throw problem;
      }
      problems.push(problem);
      return before.caCertificates;
    }
  }
}

/** Returns the first problem, with the messages of all problems of the same code: one event names every Connector without permission. */
function firstOf(problems: readonly unknown[]): unknown {
  const [first] = problems;
  if (!(first instanceof VolumeError)) {
    return first;
  }
  const alike = problems.filter((problem) => problem instanceof VolumeError).filter(({ code }) => code === first.code);
  return alike.length === 1 ? first : new VolumeError(first.code, alike.map(({ message }) => message).join('; '));
}
