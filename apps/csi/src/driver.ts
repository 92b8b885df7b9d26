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
  /** Absent when the driver is not to register itself. */
  readonly registrar?: { readonly registration: RegistrationServer; readonly socket: UnixServer };
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/**
 * Life of the driver: looks at what is mounted, serves, and lets the kubelet know. Mounted volumes outlive it. Nest waits for its
 * start and its end: the admin port is opened after the sockets, and closed after them.
 */
export class Driver implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly parts: DriverParts) {}

  /** Resolves when the sockets are served. The objects of the API server may come later: /readyz tells. */
  async onApplicationBootstrap(): Promise<void> {
    const { readiness, state, server, registrar } = this.parts;
    readiness.register('objects', () => (state.hasSynced ? undefined : 'the Connectors, their classes and the CA have not been read yet'));
    readiness.register('socket', () => (server.isListening ? undefined : 'the socket is not served'));
    if (registrar) {
      readiness.register('registration', () => registrar.registration.problem);
    }
    // The first: what another driver is in the middle of must not be taken for something left behind.
    await server.checkUnserved();
    await this.#adopt();
    state.start();
    await server.listen();
    // The last: the kubelet calls as soon as it knows the driver.
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
      onProblem: (target, error) => logger.warn({ target, err: error }, 'a directory that a volume has left behind could not be removed'),
    });
    logger.info(found, 'volumes of a driver before this one');
  }

  /** Without its registration socket the kubelet calls no more; then the calls that run are finished. */
  async onModuleDestroy(): Promise<void> {
    const { registrar, server, state } = this.parts;
    await registrar?.socket.close();
    await server.close();
    await state.stop();
  }
}
