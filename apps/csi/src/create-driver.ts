import { rootCertificates } from 'node:tls';
import { type VolumeEnvironment } from '@oci-connector/config-rendering';
import { apiServerHosts } from '@oci-connector/connector-api';
import { AccessReviewer, Reachability } from '@oci-connector/kube';
import { type Runtime, VERSION } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { CsiState } from './csi-state';
import { type CsiSettings } from './csi.config';
import { Driver } from './driver';
import { kubeletPaths } from './kubelet-paths';
import { DirectoryMounter } from './mount/directory-mounter';
import { LinuxMounter } from './mount/linux-mounter';
import { type Mounter } from './mount/mounter';
import { logCall } from './observability/call-log';
import { CsiMetrics } from './observability/csi-metrics';
import { type PublishRequest } from './request/publish-request';
import { CallHandlers } from './rpc/call-handlers';
import { IdentityProtocol, NodeProtocol, RegistrationProtocol } from './rpc/protocols';
import { UnixServer } from './rpc/unix-server';
import { identityServer } from './services/identity-server';
import { NodeServer } from './services/node-server';
import { RegistrationServer } from './services/registration-server';
import { GatherInputs } from './volume/gather-inputs';
import { KeptInputs } from './volume/kept-inputs';
import { KeyedQueue } from './volume/keyed-queue';
import { MountedVolumes } from './volume/mounted-volumes';
import { PublishVolume } from './volume/publish-volume';
import { VolumeKeys } from './volume/volume-keys';

/** Options of this program, in addition to those of every program. */
export interface DriverOptions {
  readonly settings: CsiSettings;
  /** For tests: replaces the mounter that the settings name. */
  readonly mounter?: Mounter;
}

/** Creates the parts of the driver and connects them. */
export function createDriver(options: DriverOptions, runtime: Runtime): Driver {
  const { settings } = options;
  const { client, logger, registry, readiness } = runtime;
  const { clock, hostname } = runtime.world;
  const { socket, registrationSocket, keptInputs } = kubeletPaths(settings);
  const volumes = new MountedVolumes(() => clock.monotonic());
  const kept = new KeptInputs(keptInputs, (file, error) =>
    logger.warn({ file, err: error }, 'the stored state of a volume cannot be used'),
  );
  const mounter = options.mounter ?? createMounter(settings, logger);
  const metrics = new CsiMetrics(registry, volumes);
  const state = new CsiState({ client, clock, namespace: settings.namespace });
  state.failures.subscribe(({ resource, error }) => logger.warn({ err: error, resource }, 'a watch failed; it is tried again'));
  const calls = new CallHandlers(clock, (record, result) => {
    metrics.finished(record, result);
    logCall(logger, record, result);
  });
  const reviews = {
    client,
    clock,
    reachability: Reachability.of(client, clock),
    onReview: (_kind: string, outcome: string) => metrics.reviewed(outcome),
  };
  const flow = new PublishVolume({
    keys: new VolumeKeys(state),
    gather: new GatherInputs(state, new AccessReviewer(reviews)),
    mounter,
    volumes,
    kept,
    environment: volumeEnvironment(settings, client.connection.server),
    audience: settings.audiences[0] ?? '',
    volumeSize: settings.volumeSize,
    now: () => clock.now(),
    onNewVolume: (request) => reportLifetime(request, logger),
  });
  const node = new NodeServer({
    nodeName: settings.nodeName || hostname,
    kubeletDirectory: settings.kubeletDirectory,
    flow,
    mounter,
    volumes,
    kept,
    queue: new KeyedQueue(),
  });
  const server = new UnixServer(socket)
    .add(IdentityProtocol, identityServer(calls, { version: VERSION, isReady: () => state.hasSynced }))
    .add(NodeProtocol, node.implementation(calls));
  const registration = new RegistrationServer(socket, logger);
  const registrar =
    registrationSocket === undefined
      ? undefined
      : {
          registration,
          socket: new UnixServer(registrationSocket).add(RegistrationProtocol, registration.implementation(calls)),
        };
  return new Driver({
    kubeletDirectory: settings.kubeletDirectory,
    state,
    server,
    registrar,
    mounter,
    volumes,
    kept,
    readiness,
    logger,
  });
}

function createMounter({ mount, volumeSize }: CsiSettings, logger: Logger): Mounter {
  if (mount === 'directory') {
    return new DirectoryMounter();
  }
  return new LinuxMounter({
    size: volumeSize,
    onSwappable: () => logger.warn('the kernel cannot keep volumes out of swap space (Linux before 6.4); tokens may be written to it'),
  });
}

/** The part of the rendering input that is the same for all volumes. */
function volumeEnvironment(settings: CsiSettings, apiServer: string): VolumeEnvironment {
  const { clusterDomain, proxyHttpPort, proxyHttpsPort } = settings;
  return {
    // Mozilla's roots, which are built into Node.js: the roots of the driver's image are not the pod's choice.
    publicRoots: `${rootCertificates.join('\n')}\n`,
    clusterDomain,
    apiServerHosts: [...apiServerHosts(settings, apiServer), ...settings.apiServerHosts],
    proxyHttpPort,
    proxyHttpsPort,
  };
}

/** `token.expiration` is accepted for compatibility. Logs when the token's lifetime is shorter than a volume requests. */
function reportLifetime({ attributes: { wantedLifetime = 0 }, pod, tokenLifetime }: PublishRequest, logger: Logger): void {
  if (tokenLifetime === undefined || tokenLifetime >= wantedLifetime) {
    return;
  }
  const fields = { pod: `${pod.namespace}/${pod.name}`, wantedSeconds: wantedLifetime / 1_000, installedSeconds: tokenLifetime / 1_000 };
  logger.info(
    fields,
    'the lifetime of tokens (CSIDriver.spec.tokenRequests) is shorter than token.expiration of the volume; tokens are renewed before they expire',
  );
}
