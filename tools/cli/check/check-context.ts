import { type Clock } from '@oci-connector/clock';
import { type Connector, type ConnectorKey, type ProxyVerb, type UpstreamAddress } from '@oci-connector/connector-api';
import { type CheckScope, type DiagnosisTarget, type Probes } from '@oci-connector/diagnosis';
import { type EgressPolicy } from '@oci-connector/egress';
import { type KubeClient } from '@oci-connector/kube';
import { type RegistryCredential } from '@oci-connector/oci-auth';
import { type InstallationSettings } from '@oci-connector/runtime';
import { type NamespacedName } from '../../installation/namespaced-name';
import { asPermissionError } from '../permission-error';

/** What the checks need. */
export interface CheckContext {
  readonly target: ConnectorKey;
  /** The ServiceAccount that uses the Connector. */
  readonly as?: NamespacedName;
  /** What the ServiceAccount must be allowed to do. */
  readonly verb: ProxyVerb;
  /** REPOSITORY[:TAG] or REPOSITORY@DIGEST. */
  readonly image?: string;
  readonly sendsCredential: boolean;
  /** Time limit of each check, in milliseconds. */
  readonly timeoutMs: number;
  readonly client: KubeClient;
  readonly settings: InstallationSettings;
  readonly installationCa: readonly string[];
  readonly clock: Clock;
  /** For registries: the rules of the controller. */
  readonly egress: EgressPolicy;
  /** For the proxy, which is at an address that registries may not have. */
  readonly egressToProxy: EgressPolicy;
  readonly probes: Probes;
  /** The command runs in a pod, so that it can reach what the programs can reach. */
  readonly isInCluster: boolean;
  /** Says what is about to be sent, and to which host. */
  readonly announce: (line: string) => void;
}

/** Returns the context for the checks that the controller makes, too. */
export function scopeOf({ client, settings, installationCa, timeoutMs }: CheckContext, connector: Connector): CheckScope {
  return {
    connector,
    namespace: connector.metadata.namespace ?? '',
    tools: { client: tellingForbidden(client), installation: settings, installationCa },
    signal: AbortSignal.timeout(timeoutMs),
  };
}

/** Returns the registry for the probes. */
export function targetOf(
  { egress, clock, timeoutMs }: CheckContext,
  connector: Connector,
  given: { readonly address: UpstreamAddress; readonly ca: readonly string[]; readonly credential?: RegistryCredential },
): DiagnosisTarget {
  return { ...given, trustedRealms: connector.spec.auth?.trustedRealms ?? [], egress, clock, timeoutMs };
}

/** The shared checks report a forbidden Secret as a problem of the controller's role. Here, it is the user's own permission. */
function tellingForbidden(client: KubeClient): Pick<KubeClient, 'find'> {
  return {
    find: async (...args) => {
      try {
        return await client.find(...args);
      } catch (error) {
        throw asPermissionError(error) ?? error;
      }
    },
  };
}
