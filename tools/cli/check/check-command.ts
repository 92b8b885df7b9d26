import { refusedHosts, VERB_OF_USE } from '@oci-connector/connector-api';
import { Probes } from '@oci-connector/diagnosis';
import { EgressPolicy } from '@oci-connector/egress';
import { formatKey, type KubeClient, readInstallationEndpoints } from '@oci-connector/kube';
import { RefusedCredentials } from '@oci-connector/oci-auth';
import { type InstallationSettings, readCaBundle } from '@oci-connector/runtime';
import { type NamespacedName } from '../../installation/namespaced-name';
import { type Cluster } from '../cluster';
import { tellingWhenSlow, type World } from '../world';
import { CheckReport } from './check-report';
import { summaryOf, tableHead, tableRow } from './format-report';
import { walkChain } from './walk-chain';

export interface CheckOptions {
  readonly target: NamespacedName;
  readonly as?: NamespacedName;
  readonly use: 'pull' | 'push' | 'delete';
  readonly image?: string;
  readonly sendsCredential: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** Exit status when the user may not read the Connector: a script must not take that for success. */
const NOTHING_CHECKED = 2;

/** Each check is made once, so the time for which a refusal is remembered does not matter. In milliseconds. */
const REMEMBERED_MS = 60_000;

/** `connectors check`. @returns the exit status: 0 when no check failed */
export async function checkCommand(options: CheckOptions, { client, settings }: Cluster, world: World): Promise<number> {
  const { json, target, as } = options;
  const { clock, print, note, columns } = world;
  const installationCa = await readCaBundle(settings.caBundle);
  const egress = await tellingWhenSlow(
    clock,
    () => note('… waiting for the API server'),
    () => egressOf(client, settings, world),
  );
  const isInCluster = world.environment['KUBERNETES_SERVICE_HOST'] !== undefined;
  const sent: string[] = [];
  const report = new CheckReport({
    clock,
    timeoutMs: options.timeoutMs,
    onResult: (result) => json || print(tableRow(result, columns)),
    onSlow: (check) => note(`… ${check} is still running`),
  });
  if (!json) {
    print(
      `Connector ${formatKey(target)}, checked from ${isInCluster ? 'inside of the cluster' : 'this machine, not from the cluster'}\n\n`,
    );
    print(tableHead());
  }
  await walkChain(report, {
    ...options,
    verb: VERB_OF_USE[options.use],
    client,
    settings,
    installationCa,
    clock,
    egress,
    egressToProxy: new EgressPolicy({
      allowCIDRs: ['0.0.0.0/0', '::/0'],
      redirectCIDRs: [],
      refusedHosts: [],
      clock,
      lookup: world.lookup,
    }),
    probes: new Probes({ refusals: new RefusedCredentials(clock, REMEMBERED_MS) }),
    isInCluster,
    announce: (line) => {
      sent.push(line);
      note(`→ ${line}`);
    },
  });
  const { results } = report;
  const from = isInCluster ? 'cluster' : 'machine';
  const connector = formatKey(target);
  const serviceAccount = as && formatKey(as);
  print(json ? `${JSON.stringify({ connector, serviceAccount, from, sent, results }, undefined, 2)}\n` : `\n${summaryOf(results)}`);
  if (results[0]?.state === 'skipped') {
    return NOTHING_CHECKED;
  }
  return results.some(({ state }) => state === 'failed') ? 1 : 0;
}

/** The rules of the controller. */
async function egressOf(client: KubeClient, settings: InstallationSettings, { clock, lookup }: World): Promise<EgressPolicy> {
  const endpoints = await readInstallationEndpoints(client, settings);
  return new EgressPolicy({
    allowCIDRs: settings.egressAllowCidrs,
    redirectCIDRs: settings.egressRedirectCidrs,
    refusedHosts: refusedHosts(settings, client.connection.server),
    refusedEndpoints: () => endpoints,
    clock,
    lookup,
  });
}
