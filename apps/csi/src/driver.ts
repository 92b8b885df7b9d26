import { realpath } from 'node:fs/promises';
import { type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { ConfigurationError, type Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { type CsiState } from './csi-state';
import { type Mounter } from './mount/mounter';
import { type UnixServer } from './rpc/unix-server';
import { type RegistrationServer } from './services/registration-server';
import { adoptVolumes } from './volume/adopt-volumes';
import { type KeptInputs } from './volume/kept-inputs';
import { type MountedVolumes } from './volume/mounted-volumes';

export interface DriverParts {
  readonly kubeletDirectory: string;
  readonly state: CsiState;
  readonly server: UnixServer;
  /** Absent when the driver does not register itself. */
  readonly registrar?: { readonly registration: RegistrationServer; readonly socket: UnixServer };
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/**
 * The driver's lifecycle: it adopts mounted volumes, serves its socket, then registers with the kubelet. Volumes stay mounted after it
 * ends. Nest waits for its start and its end, so the admin port is opened after the sockets and closed after them.
 */
export class Driver implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly parts: DriverParts) {}

  /** Resolves when the sockets are served. The objects of the API server may arrive later; /readyz reports that. */
  async onApplicationBootstrap(): Promise<void> {
    const { readiness, state, server, registrar } = this.parts;
    readiness.register('objects', () => (state.hasSynced ? undefined : 'the Connectors, their classes and the CA have not been read yet'));
    readiness.register('socket', () => (server.isListening ? undefined : 'the socket is not served'));
    if (registrar) {
      readiness.register('registration', () => registrar.registration.problem);
    }
    // Before adopting: a mount that another running driver has not finished must not be treated as a leftover.
    await server.checkUnserved();
    await this.#adopt();
    state.start();
    await server.listen();
    // Last: the kubelet calls as soon as it knows the driver.
    await registrar?.socket.listen();
  }

  async #adopt(): Promise<void> {
    const { mounter, volumes, kept, logger } = this.parts;
    const kubeletDirectory = await realpath(this.parts.kubeletDirectory).catch((cause: NodeJS.ErrnoException) => {
      const problem = `${this.parts.kubeletDirectory} cannot be used (${cause.code}); set it to the kubelet's --root-dir`;
      throw new ConfigurationError([`OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: ${problem}`], { cause });
    });
    const found = await adoptVolumes({
      kubeletDirectory,
      driverName: CSI_DRIVER_NAME,
      mounter,
      volumes,
      kept,
      onProblem: (target, error) => logger.warn({ target, err: error }, 'the leftover directory of a volume could not be removed'),
    });
    logger.info(found, 'looked for volumes of an earlier driver');
  }

  /** Closes the registration socket first: without it the kubelet starts no new calls. Then waits for running calls to finish. */
  async onModuleDestroy(): Promise<void> {
    const { registrar, server, state } = this.parts;
    await registrar?.socket.close();
    await server.close();
    await state.stop();
  }
}
