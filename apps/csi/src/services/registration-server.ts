import { type UntypedServiceImplementation } from '@grpc/grpc-js';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type Logger } from 'pino';
import { type CallHandlers } from '../rpc/call-handlers';

/** Versions of the CSI specification. For the kubelet every 1.x is the same protocol (pkg/volume/csi/csi_plugin.go of k8s.io/kubernetes). */
const SUPPORTED_VERSIONS = ['1.0.0'];

/** Message of pluginregistration.proto. */
interface RegistrationStatus {
  readonly plugin_registered: boolean;
  readonly error: string;
}

/** Implements pluginregistration.Registration. The kubelet finds the socket, calls GetInfo and reports whether it registered the driver. */
export class RegistrationServer {
  #problem: string | undefined = 'the kubelet has not registered the driver yet';

  constructor(
    private readonly endpoint: string,
    private readonly logger: Logger,
  ) {}

  /** Why the driver is not registered; undefined once it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  implementation(calls: CallHandlers): UntypedServiceImplementation {
    return {
      GetInfo: calls.quiet('GetInfo', async () => ({
        type: 'CSIPlugin',
        name: CSI_DRIVER_NAME,
        endpoint: this.endpoint,
        supported_versions: SUPPORTED_VERSIONS,
      })),
      NotifyRegistrationStatus: calls.quiet('NotifyRegistrationStatus', async (status: RegistrationStatus) => this.#notify(status)),
    };
  }

  /** Records the kubelet's result. After a refusal the kubelet tries again by itself. */
  #notify({ plugin_registered: registered, error }: RegistrationStatus): Record<string, never> {
    this.#problem = registered ? undefined : `the kubelet refused the driver: ${error}`;
    if (registered) {
      this.logger.info('registered with the kubelet');
    } else {
      this.logger.error({ problem: error }, 'the kubelet refused the driver');
    }
    return {};
  }
}
