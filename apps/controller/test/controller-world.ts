import { aSecret } from '@oci-connector/testing-kit';
import { type KubeApiServer } from '@oci-connector/testing-kube-api';
import { type RunningController } from '../src/start-controller';
import { Cluster, type ControllerFixture, startCluster, startReplica } from './controller-fixture';
import { LOGIN } from './registries-fixture';

/** Timeouts that are long enough for a busy machine. A probe that still times out is soon repeated. */
export const PATIENT = { livenessTimeout: 3_000, credentialTimeout: 3_000, livenessPeriod: 2_000 };

/** A cluster with one replica of the controller and the Secret `login`, and servers that Connectors can name. */
export interface ControllerWorld<Servers> {
  readonly api: KubeApiServer;
  readonly cluster: Cluster;
  readonly servers: Servers;
  readonly controller: RunningController;
  close(): Promise<void>;
}

/** @param startServers starts the servers; they are closed together with the world */
export async function startControllerWorld<Servers extends { close(): Promise<void> }>(
  startServers: () => Promise<Servers>,
  fixture: ControllerFixture = {},
): Promise<ControllerWorld<Servers>> {
  const api = await startCluster();
  const cluster = new Cluster(api);
  const servers = await startServers();
  cluster.apply(aSecret({ name: 'login', stringData: LOGIN }));
  const controller = await startReplica(api, fixture);
  const close = async (): Promise<void> => {
    await controller.stop();
    await Promise.all([servers.close(), api.close()]);
  };
  return { api, cluster, servers, controller, close };
}
