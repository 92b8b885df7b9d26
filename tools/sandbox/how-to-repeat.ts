import { quoted, whatElseRuns } from './how-to-go-on';
import { tagsUrl } from './forward-sample';
import { SAMPLE } from './sample';
import { type Sandbox } from './sandbox';

/**
 * Returns the commands with which a user repeats the sample by hand. They contain the addresses of the running sandbox and can
 * be pasted.
 */
export function howToRepeat(sandbox: Sandbox, volume: string): string {
  const host = new URL(sandbox.proxy.http).host;
  const secureHost = new URL(sandbox.proxy.https).host;
  const { connector, serviceAccount, repository, tag } = SAMPLE;
  const prefix = `namespaces/${connector.namespace}/connectors/${connector.name}`;
  const image = `${host}/${prefix}/${repository}:${tag}`;
  return `
To repeat this by hand:

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

With only the files of the volume, as in a pod:

  VOLUME=${quoted(volume)}
  curl -u "any:$(cat "$VOLUME/context.token")" ${sandbox.proxy.http}/v2/${prefix}/${repository}/tags/list
  DOCKER_CONFIG="$VOLUME" crane pull ${image} hello.tar
  DOCKER_CONFIG="$VOLUME" crane push hello.tar ${host}/${prefix}/copy:v2

  # over https with the CA of the volume (on macOS crane reads CAs only from the keychain)
  DOCKER_CONFIG="$VOLUME" SSL_CERT_FILE="$VOLUME/ca-bundle.crt" crane pull ${secureHost}/${prefix}/${repository}:${tag} hello.tar

Under the registry's own address, through the forward proxy (clients written in Go use no proxy for addresses of this machine):

  curl --proxy "$(cat "$VOLUME/http.proxy")" ${tagsUrl(sandbox)}

The registry itself is at ${sandbox.registry.url}; without its password it responds with 401.
${whatElseRuns(sandbox)}
`;
}
