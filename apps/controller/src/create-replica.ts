import { randomBytes } from 'node:crypto';
import { Probes, type ProtocolProbes, SHIPPED_PROBES } from '@oci-connector/diagnosis';
import { EgressPolicy } from '@oci-connector/egress';
import { InstallationEndpoints } from '@oci-connector/kube';
import { RefusedCredentials } from '@oci-connector/oci-auth';
import { type Runtime } from '@oci-connector/runtime';
import { ClusterWatches } from './cluster/cluster-watches';
import { type ControllerSettings } from './controller.config';
import { installationOf } from './installation';
import { LeaderTerm } from './leader-term';
import { ControllerMetrics } from './observability/controller-metrics';
import { Replica } from './replica';

/** Options of this program, in addition to those of every program. */
export interface ControllerOptions {
  readonly settings: ControllerSettings;
  /** Default: `Math.random`. */
  readonly random?: () => number;
  /** For tests: probes in addition to the shipped ones, by the name in `spec.protocol`. */
  readonly protocols?: Readonly<Record<string, ProtocolProbes>>;
}

/** Creates the parts of a replica and connects them. */
export function createReplica({ settings, random = Math.random, protocols }: ControllerOptions, runtime: Runtime): Replica {
  const { client, logger, registry, readiness } = runtime;
  const { clock, hostname, installationCa } = runtime.world;
  const metrics = new ControllerMetrics(registry, settings.metricsConnectors);
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
    clock,
  });
  const probes = new Probes({
    refusals: new RefusedCredentials(clock, settings.refusedPeriod),
    protocols: { ...SHIPPED_PROBES, ...protocols },
  });
  const term = { settings, installation, client, watches, egress, probes, installationCa, metrics, logger, clock, random };
  // The pod's name for readers; random bytes, because a restarted container keeps its host name.
  const identity = `${hostname}-${randomBytes(4).toString('hex')}`;
  const lease = { namespace: settings.namespace, name: settings.leaseName, identity, durationMs: settings.leaseDuration };
  return new Replica({
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
