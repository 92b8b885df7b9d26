import { bindingCommand } from '@oci-connector/kube';
import { type NamespacedName } from '../installation/namespaced-name';
import { type Sandbox } from './sandbox';

/** What a user types to use Connectors of his own. Addresses are those of this very sandbox; what stands in capitals is his. */
export function howToGoOn(sandbox: Sandbox, connectors: readonly NamespacedName[], volumes: readonly string[] = []): string {
  const parts = [
    `To go on by hand:\n\n  export KUBECONFIG=${sandbox.kubeconfig}\n  kubectl get connectors --all-namespaces`,
    ...[...new Set(connectors.map(({ namespace }) => namespace))].map(accountIn),
    ...connectors.map((connector) => useOf(sandbox, connector)),
    ...volumes.map((volume) => useOfVolume(sandbox, volume)),
    `The proxy is at ${sandbox.proxy.http} and ${sandbox.proxy.https} (CA: ${sandbox.caFile}).\nThe CSI driver listens on ${sandbox.csiSocket}.\nCtrl-C ends everything.`,
  ];
  return `\n${parts.join('\n\n')}\n`;
}

function accountIn(namespace: string): string {
  return `A ServiceAccount that may push in namespace ${namespace}, ci here (AlreadyExists does no harm):

  kubectl create serviceaccount ci --namespace=${namespace}
  ${bindingCommand('connectors-pusher', namespace, { namespace, name: 'ci' })}`;
}

function useOf({ proxy }: Sandbox, { namespace, name }: NamespacedName): string {
  const { host } = new URL(proxy.http);
  const prefix = `namespaces/${namespace}/connectors/${name}`;
  return `Through Connector ${namespace}/${name}:

  TOKEN=$(kubectl create token ci --namespace=${namespace} --audience=connectors-proxy)
  curl -u "any:$TOKEN" ${proxy.http}/v2/${prefix}/REPOSITORY/tags/list
  crane auth login ${host} -u any -p "$TOKEN"
  crane pull ${host}/${prefix}/REPOSITORY:TAG image.tar`;
}

function useOfVolume({ proxy }: Sandbox, volume: string): string {
  const { host } = new URL(proxy.http);
  return `With nothing but the files of a volume:

  VOLUME="${volume}"
  curl -u "any:$(cat "$VOLUME/context.token")" ${proxy.http}/v2/namespaces/NAMESPACE/connectors/NAME/REPOSITORY/tags/list
  DOCKER_CONFIG="$VOLUME" crane pull ${host}/namespaces/NAMESPACE/connectors/NAME/REPOSITORY:TAG image.tar`;
}
