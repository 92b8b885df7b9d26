import path from 'node:path';
import { type Client, credentials, makeClientConstructor, type ServiceDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { workspaceRoot } from '../processes/workspace';

const PROTO = path.join(workspaceRoot, 'apps/csi/proto/pluginregistration.proto');

/** Timeout of a call, in milliseconds. */
const CALL_TIMEOUT_MS = 5_000;

type RegistrationClient = Client & Readonly<Record<string, unknown>>;
type Call = (request: object, options: { deadline: number }, callback: (error: ServiceError | null, response: object) => void) => void;

const Registration = makeClientConstructor(
  loadSync(PROTO, { keepCase: true })['pluginregistration.Registration'] as ServiceDefinition,
  'Registration',
);

/** Calls pluginregistration.Registration of a driver as the kubelet does, which finds the socket in its plugin directory. */
export class KubeletRegistration {
  readonly #client: RegistrationClient;

  /** @param directory OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY of the driver */
  constructor(directory: string) {
    const socket = path.join(directory, `${CSI_DRIVER_NAME}-reg.sock`);
    this.#client = new Registration(`unix:${socket}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** Registers the driver. */
  async register(): Promise<void> {
    await this.#call('GetInfo', {});
    await this.#call('NotifyRegistrationStatus', { plugin_registered: true, error: '' });
  }

  /** Refuses the driver. */
  async refuse(error: string): Promise<void> {
    await this.#call('NotifyRegistrationStatus', { plugin_registered: false, error });
  }

  close(): void {
    this.#client.close();
  }

  #call(method: string, request: object): Promise<object> {
    const call = (this.#client[method] as Call).bind(this.#client);
    return new Promise((resolve, reject) => {
      call(request, { deadline: Date.now() + CALL_TIMEOUT_MS }, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }
}
