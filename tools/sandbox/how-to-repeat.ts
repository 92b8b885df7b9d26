import path from 'node:path';
import { quoted } from './how-to-go-on';
import { SAMPLE } from './sample';
import { type Sandbox } from './sandbox';

/** What a user types to do the same by hand. Addresses are those of this very sandbox, so that all can be pasted. */
export function howToRepeat(sandbox: Sandbox, volume: string): string {
  const host = new URL(sandbox.proxy.http).host;
  const secureHost = new URL(sandbox.proxy.https).host;
  const { connector, serviceAccount, repository, tag } = SAMPLE;
  const prefix = `namespaces/${connector.namespace}/connectors/${connector.name}`;
  const image = `${host}/${prefix}/${repository}:${tag}`;
  return `
Do it again by hand:

  export KUBECONFIG=${quoted(sandbox.kubeconfig)}
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
  sudo cp ${quoted(sandbox.caFile)} /etc/docker/certs.d/${secureHost}/ca.crt
  docker login ${secureHost} -u any --password-stdin <<<"$TOKEN"
  docker pull ${secureHost}/${prefix}/${repository}:${tag}

With nothing but the files of the volume, as in a pod:

  VOLUME=${quoted(volume)}
  curl -u "any:$(cat "$VOLUME/context.token")" ${sandbox.proxy.http}/v2/${prefix}/${repository}/tags/list
  DOCKER_CONFIG="$VOLUME" crane pull ${image} hello.tar
  DOCKER_CONFIG="$VOLUME" crane push hello.tar ${host}/${prefix}/copy:v2

  # over https with the CA of the volume (on macOS crane looks for CAs in the keychain only)
  DOCKER_CONFIG="$VOLUME" SSL_CERT_FILE="$VOLUME/ca-bundle.crt" crane pull ${secureHost}/${prefix}/${repository}:${tag} hello.tar

The registry itself is at ${sandbox.registry.url}; without its password it answers 401.
The CSI driver listens on ${sandbox.csiSocket}.
Logs: ${path.join(sandbox.directory, 'logs')}. Ctrl-C ends everything.
`;
}
