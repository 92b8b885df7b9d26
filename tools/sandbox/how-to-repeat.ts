import path from 'node:path';
import { SAMPLE } from './sample';
import { type Sandbox } from './sandbox';

/** What a user types to do the same by hand. Addresses are those of this very sandbox, so that all can be pasted. */
export function howToRepeat(sandbox: Sandbox, ownManifests: boolean): string {
  const host = new URL(sandbox.proxy.http).host;
  const secureHost = new URL(sandbox.proxy.https).host;
  const { connector, serviceAccount, repository, tag } = SAMPLE;
  const prefix = `namespaces/${connector.namespace}/connectors/${connector.name}`;
  const image = `${host}/${prefix}/${repository}:${tag}`;
  const kubectl = `export KUBECONFIG=${sandbox.kubeconfig}`;
  if (ownManifests) {
    return `\nThe proxy is at ${sandbox.proxy.http} and ${sandbox.proxy.https} (CA: ${sandbox.caFile}).\n\n  ${kubectl}\n  kubectl get connectors --all-namespaces\n\nCtrl-C ends it.\n`;
  }
  return `
Do it again by hand:

  ${kubectl}
  kubectl get connectors
  kubectl describe connector ${connector.name}
  TOKEN=$(kubectl create token ${serviceAccount.name} --audience=connectors-proxy)

  # curl
  curl -u "any:$TOKEN" ${sandbox.proxy.http}/v2/${prefix}/${repository}/tags/list

  # crane
  crane auth login ${host} -u any -p "$TOKEN"
  crane copy ${image} ${host}/${prefix}/copy:v1

  # docker (host network), over https with the proxy's own CA
  sudo mkdir -p /etc/docker/certs.d/${secureHost}
  sudo cp ${sandbox.caFile} /etc/docker/certs.d/${secureHost}/ca.crt
  docker login ${secureHost} -u any --password-stdin <<<"$TOKEN"
  docker pull ${secureHost}/${prefix}/${repository}:${tag}

The registry itself is at ${sandbox.registry.url}; without its password it answers 401.
Logs: ${path.join(sandbox.directory, 'logs')}. Ctrl-C ends everything.
`;
}
