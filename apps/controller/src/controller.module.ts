import { type Clock } from '@oci-connector/clock';
import { Module, type DynamicModule } from '@nestjs/common';
import { Probes, type ProtocolProbes, SHIPPED_PROBES } from '@oci-connector/diagnosis';
import { EgressPolicy } from '@oci-connector/egress';
import { InstallationEndpoints, type KubeClient } from '@oci-connector/kube';
import { RefusedCredentials } from '@oci-connector/oci-auth';
import { LOGGER, Readiness } from '@oci-connector/runtime';
import { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { ClusterWatches } from './cluster/cluster-watches';
import { type ControllerSettings } from './controller.config';
import { ControllerMetrics } from './controller.metrics';
import { ControllerService } from './controller.service';
import { installationOf } from './installation';
import { LeaderTerm } from './leader-term';

/** What is handed in from outside: the world. */
export interface ControllerDependencies {
  readonly settings: ControllerSettings;
  readonly client: KubeClient;
  /** Certificates in PEM of the installation's bundle. */
  readonly installationCa: readonly string[];
  /** Name of this replica and life; no two may share it. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Probes of further protocols, by the name in `spec.protocol`; a program has none. */
  readonly protocols?: Readonly<Record<string, ProtocolProbes>>;
}

/** Puts the parts of the controller together. */
@Module({})
export class ControllerModule {
  static forDependencies(dependencies: ControllerDependencies): DynamicModule {
    return {
      module: ControllerModule,
      providers: [
        {
          provide: ControllerService,
          inject: [LOGGER, Registry, Readiness],
          useFactory: (logger: Logger, registry: Registry, readiness: Readiness) =>
            controllerService(dependencies, { logger, registry, readiness }),
        },
      ],
      exports: [ControllerService],
    };
  }
}

interface Runtime {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly readiness: Readiness;
}

function controllerService(dependencies: ControllerDependencies, { logger, registry, readiness }: Runtime): ControllerService {
  const { settings, client, installationCa, identity, clock, random } = dependencies;
  const metrics = new ControllerMetrics(registry);
  const installation = installationOf(settings);
  const watches = new ClusterWatches({
    client,
    clock,
    namespace: settings.namespace,
    secretNamespaces: settings.secretNamespaces,
  });
  watches.failures.subscribe(({ resource, error }) => logger.warn({ err: error, resource }, 'a watch failed; it is tried again'));
  const endpoints = new InstallationEndpoints({ client, clock, installation });
  endpoints.failures.subscribe(({ message, service, error }) => logger.warn({ err: error, service }, message));
  const egress = new EgressPolicy({
    allowCIDRs: settings.egressAllowCidrs,
    redirectCIDRs: settings.egressRedirectCidrs,
    ...endpoints.refused,
  });
  const probes = new Probes({
    refusals: new RefusedCredentials(clock, settings.refusedPeriod),
    protocols: { ...SHIPPED_PROBES, ...dependencies.protocols },
  });
  const term = { settings, installation, client, watches, egress, probes, installationCa, metrics, logger, clock, random };
  const lease = { namespace: settings.namespace, name: settings.leaseName, identity, durationMs: settings.leaseDuration };
  return new ControllerService({
    client,
    watches,
    endpoints,
    metrics,
    readiness,
    logger,
    clock,
    lease,
    newTerm: () => new LeaderTerm(term),
  });
}
