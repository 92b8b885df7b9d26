import path from 'node:path';
import { bindingCommand, type KubeObject } from '@oci-connector/connector-api';
import { type NamespacedName } from '../installation/namespaced-name';
import { type Verdict } from '../installation/wait-for-connectors';
import { type AppliedManifests, type PodVolume } from './apply-user-manifests';
import { type Sandbox } from './sandbox';

type Applied = Pick<AppliedManifests, 'objects' | 'connectors' | 'volumes'>;

/**
 * Returns the commands with which a user uses the applied Connectors. Addresses and names are those of the running sandbox.
 * REPOSITORY, TAG and PATH are placeholders for values that only the user knows.
 */
export function howToGoOn(sandbox: Sandbox, { objects, connectors, volumes }: Applied): string {
  const accounts = new Map(connectors.map(({ namespace }) => [namespace, accountFor(namespace, objects)]));
  const parts = [
    `To continue by hand:\n\n  export KUBECONFIG=${quoted(sandbox.kubeconfig)}\n  kubectl get connectors --all-namespaces`,
    ...[...accounts].flatMap(([namespace, account]) => howToBind(namespace, account)),
    ...connectors.map((connector) => useOf(sandbox, connector, accounts.get(connector.namespace)?.account)),
    ...volumes.flatMap((volume) => useOfVolume(sandbox, volume, connectors)),
    `The proxy is at ${sandbox.proxy.http} and ${sandbox.proxy.https} (CA: ${sandbox.caFile}).\n${whatElseRuns(sandbox)}`,
  ];
  return `\n${parts.join('\n\n')}\n`;
}

/** Returns the last lines of the instructions: volumes, addresses, logs, and how to stop. */
export function whatElseRuns({ csiSocket, admin, directory }: Sandbox): string {
  return `The CSI driver listens on ${csiSocket}.
The volumes of Pods that you create with kubectl are published, too; kubectl describe pod shows the directory or the error.
Metrics and health (/metrics, /readyz): controller ${admin.controller}, proxy ${admin.proxy}, CSI driver ${admin.csi}
Logs: ${path.join(directory, 'logs')}. Press Ctrl-C to stop.`;
}

/** Quotes an argument for the shell, if needed: paths may contain spaces. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

interface Account {
  readonly account: NamespacedName;
  /** `bound`: a RoleBinding of the manifests names it. `applied`: the manifests only contain it. `new`: it does not exist yet. */
  readonly origin: 'bound' | 'applied' | 'new';
}

interface Binding extends KubeObject {
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
}

/**
 * Chooses the ServiceAccount: one that may use the Connectors of the namespace according to the manifests, else any of the manifests,
 * else a new one.
 */
function accountFor(namespace: string, objects: readonly KubeObject[]): Account {
  const bindings = (objects as readonly Binding[]).filter(
    ({ kind, metadata, roleRef }) =>
      kind === 'RoleBinding' && metadata.namespace === namespace && /^connectors-pu(sh|ll)er$/.test(roleRef?.name ?? ''),
  );
  // connectors-pusher before connectors-puller: an account that may push may also pull.
  bindings.sort((a, b) => (b.roleRef?.name ?? '').localeCompare(a.roleRef?.name ?? ''));
  const subject = bindings.flatMap(({ subjects = [] }) => subjects).find(({ kind }) => kind === 'ServiceAccount');
  if (subject) {
    return { account: { namespace: subject.namespace ?? namespace, name: subject.name }, origin: 'bound' };
  }
  const applied = objects.find(({ kind }) => kind === 'ServiceAccount')?.metadata;
  if (applied) {
    return { account: { namespace: applied.namespace ?? '', name: applied.name }, origin: 'applied' };
  }
  return { account: { namespace, name: 'ci' }, origin: 'new' };
}

function howToBind(namespace: string, { account, origin }: Account): string[] {
  if (origin === 'bound') {
    return [];
  }
  const create = origin === 'new' ? `  kubectl create serviceaccount ${account.name} --namespace=${account.namespace}\n` : '';
  return [
    `Let ServiceAccount ${account.namespace}/${account.name} push through the Connectors of namespace ${namespace}:

${create}  ${bindingCommand('connectors-pusher', namespace, account)}`,
  ];
}

function useOf({ proxy }: Sandbox, connector: Verdict, account: NamespacedName = { namespace: connector.namespace, name: 'ci' }): string {
  const commands = connector.protocol === 'oci' ? registryCommands(proxy.http, connector) : httpCommands(connector);
  return `Through Connector ${connector.namespace}/${connector.name}; ${placeholders(connector)}:

  TOKEN=$(kubectl create token ${account.name} --namespace=${account.namespace} --audience=connectors-proxy)
${commands}`;
}

/** The instruction to replace the placeholders of the commands. */
const placeholders = ({ protocol }: Verdict): string =>
  protocol === 'oci'
    ? 'replace REPOSITORY and TAG with a repository and a tag of that registry'
    : 'replace PATH with a path of that service';

function registryCommands(proxy: string, { namespace, name }: NamespacedName): string {
  const { host } = new URL(proxy);
  const prefix = `namespaces/${namespace}/connectors/${name}`;
  return `  curl -u "any:$TOKEN" ${proxy}/v2/${prefix}/REPOSITORY/tags/list
  crane auth login ${host} -u any -p "$TOKEN"
  crane pull ${host}/${prefix}/REPOSITORY:TAG image.tar`;
}

function httpCommands({ proxyUrl }: Verdict): string {
  return `  curl -u "any:$TOKEN" ${proxyUrl.replace(/\/$/, '')}/PATH`;
}

function useOfVolume({ proxy }: Sandbox, volume: PodVolume, connectors: readonly Verdict[]): string[] {
  const { pod, name, directory } = volume;
  const named = connectorsOf(pod, name);
  const served = connectors.filter((one) => named.some((other) => other.namespace === one.namespace && other.name === one.name));
  const chosen = served.find(({ protocol }) => protocol === 'oci') ?? served[0];
  if (!chosen) {
    return [];
  }
  const which = named.length > 1 ? ` (${chosen.namespace}/${chosen.name} is one of its ${named.length} Connectors)` : '';
  return [
    `With only the files of volume ${name} of Pod ${pod.metadata.namespace}/${pod.metadata.name}${which}; ${placeholders(chosen)}:

  VOLUME=${quoted(directory)}
${[...reverseCommands(proxy.http, chosen, volume), ...forwardCommands(chosen, volume)].join('\n')}`,
  ];
}

function reverseCommands(proxy: string, { protocol, namespace, name, proxyUrl }: Verdict, { files }: PodVolume): string[] {
  const login = `-u "any:$(cat "$VOLUME/context.token")"`;
  if (protocol !== 'oci') {
    return [`  curl ${login} ${proxyUrl.replace(/\/$/, '')}/PATH`];
  }
  const prefix = `namespaces/${namespace}/connectors/${name}`;
  const pull = `  DOCKER_CONFIG="$VOLUME" crane pull ${new URL(proxy).host}/${prefix}/REPOSITORY:TAG image.tar`;
  return [`  curl ${login} ${proxy}/v2/${prefix}/REPOSITORY/tags/list`, ...(files.includes('config.json') ? [pull] : [])];
}

/** Clients written in Go use no proxy for loopback addresses. */
const LOOPBACK = /^(localhost|127\.|\[::1\])/;

/** Returns a command that uses the registry or service under its own name, through the forward proxy. */
function forwardCommands({ protocol, connector }: Verdict, { files }: PodVolume): string[] {
  const { origin, host, pathname } = new URL(connector.spec.address);
  const prefix = pathname.replace(/\/$/, '');
  const heading = '\n  # under its own name, through the forward proxy';
  if (protocol === 'oci' && origin.startsWith('https:') && !LOOPBACK.test(host)) {
    const pull = `SSL_CERT_FILE="$VOLUME/ca-bundle.crt" crane pull ${host}${prefix}/REPOSITORY:TAG image.tar`;
    return files.includes('env.sh')
      ? [`${heading} (on macOS crane reads CAs only from the keychain)`, `  (. "$VOLUME/env.sh" && ${pull})`]
      : [];
  }
  const url = protocol === 'oci' ? `${origin}/v2${prefix}/REPOSITORY/tags/list` : `${origin}${prefix}/PATH`;
  const trust = '--proxy-cacert "$VOLUME/ca.crt" --cacert "$VOLUME/ca.crt"';
  return files.includes('https.proxy') ? [heading, `  curl --proxy "$(cat "$VOLUME/https.proxy")" ${trust} ${url}`] : [];
}

/**
 * Reads both forms of attributes that name Connectors, see docs/volumes.md. They are well-formed, because the driver has
 * published the volume.
 */
function connectorsOf({ metadata, spec }: PodVolume['pod'], volume: string): NamespacedName[] {
  const attributes = spec?.volumes?.find(({ name }) => name === volume)?.csi?.volumeAttributes ?? {};
  const podNamespace = metadata.namespace ?? '';
  const older = attributes['connector.name'];
  if (older !== undefined) {
    return [{ namespace: attributes['connector.namespace'] || podNamespace, name: older }];
  }
  return (attributes['connectors'] ?? '').split(',').map((entry) => {
    const [first = '', second] = entry.trim().split('/');
    return second === undefined ? { namespace: podNamespace, name: first } : { namespace: first, name: second };
  });
}
