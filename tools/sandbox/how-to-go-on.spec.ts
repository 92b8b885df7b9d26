import { type Connector, type KubeObject } from '@oci-connector/connector-api';
import { type Verdict } from '../installation/wait-for-connectors';
import { type Pod } from '../kubelet/published-volume';
import { type PodVolume } from './apply-user-manifests';
import { howToGoOn } from './how-to-go-on';
import { type Sandbox } from './sandbox';

const sandbox = {
  kubeconfig: "/home/my user's/kubeconfig",
  caFile: '/ca.crt',
  directory: '/box',
  csiSocket: '/csi.sock',
  admin: { controller: 'http://127.0.0.1:1', proxy: 'http://127.0.0.1:2', csi: 'http://127.0.0.1:3' },
  proxy: { http: 'http://localhost:8080', https: 'https://localhost:8443' },
} as Sandbox;

function verdict(namespace: string, name: string, protocol = 'oci', address = 'https://hub.example'): Verdict {
  const proxyUrl = `http://localhost:8080/namespaces/${namespace}/connectors/${name}`;
  return { namespace, name, protocol, proxyUrl, ready: 'True', reason: '', message: '', connector: { spec: { address } } as Connector };
}

function volumeFor(attributes: Record<string, string>, files = ['config.json', 'env.sh', 'https.proxy']): PodVolume {
  const volumes = [{ name: 'login', csi: { driver: 'connectors-csi', volumeAttributes: attributes } }];
  return {
    pod: { metadata: { namespace: 'team-a', name: 'builder' }, spec: { volumes } } as unknown as Pod,
    name: 'login',
    directory: '/v/mount',
    files,
  };
}

const account = (namespace: string, name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace, name },
});
const binding = (role: string, name: string): KubeObject =>
  ({
    apiVersion: 'x',
    kind: 'RoleBinding',
    metadata: { namespace: 'default', name: role },
    roleRef: { name: role },
    subjects: [
      { kind: 'Group', name: 'g' },
      { kind: 'ServiceAccount', namespace: 'team-a', name },
    ],
  }) as KubeObject;

const CURL = 'curl --proxy "$(cat "$VOLUME/https.proxy")" --proxy-cacert "$VOLUME/ca.crt" --cacert "$VOLUME/ca.crt"';

describe('howToGoOn: the commands', () => {
  it('contain neither NAMESPACE nor NAME for one volume, with both ways to name its Connector', () => {
    const forms: Record<string, string>[] = [{ connectors: 'default/hub' }, { 'connector.name': 'hub', 'connector.namespace': 'default' }];
    for (const attributes of forms) {
      const text = howToGoOn(sandbox, {
        objects: [],
        connectors: [verdict('default', 'other'), verdict('default', 'hub')],
        volumes: [volumeFor(attributes)],
      });
      expect(text).toContain(
        'With only the files of volume login of Pod team-a/builder; replace REPOSITORY and TAG with a repository and a tag of that registry:\n\n  VOLUME=/v/mount\n',
      );
      expect(text).toContain(
        'DOCKER_CONFIG="$VOLUME" crane pull localhost:8080/namespaces/default/connectors/hub/REPOSITORY:TAG image.tar',
      );
      expect(text).not.toMatch(/\bNAMESPACE\b|\bNAME\b/);
    }
  });

  it('use one of several Connectors of a volume, and name it', () => {
    const volumes = [volumeFor({ connectors: 'files, default/hub' })];
    const text = howToGoOn(sandbox, { objects: [], connectors: [verdict('team-a', 'files', 'http'), verdict('default', 'hub')], volumes });
    expect(text).toContain(
      'of Pod team-a/builder (default/hub is one of its 2 Connectors); replace REPOSITORY and TAG with a repository and a tag of that registry:',
    );
  });

  it('for an http Connector send a plain request through the proxy, and contain no registry commands', () => {
    const text = howToGoOn(sandbox, {
      objects: [],
      connectors: [verdict('default', 'gitlab', 'http')],
      volumes: [volumeFor({ connectors: 'default/gitlab' })],
    });
    expect(text).toContain('  curl -u "any:$TOKEN" http://localhost:8080/namespaces/default/connectors/gitlab/PATH\n');
    expect(text).toContain(
      '  curl -u "any:$(cat "$VOLUME/context.token")" http://localhost:8080/namespaces/default/connectors/gitlab/PATH\n',
    );
    expect(text).not.toMatch(/crane|\/v2\/|REPOSITORY/);
  });

  it.each([
    [
      'oci',
      'https://hub.example',
      '(. "$VOLUME/env.sh" && SSL_CERT_FILE="$VOLUME/ca-bundle.crt" crane pull hub.example/REPOSITORY:TAG image.tar)',
    ],
    [
      'oci',
      'https://hub.example:8443/mirror/',
      '(. "$VOLUME/env.sh" && SSL_CERT_FILE="$VOLUME/ca-bundle.crt" crane pull hub.example:8443/mirror/REPOSITORY:TAG image.tar)',
    ],
    // Clients written in Go use no proxy for loopback addresses, and some use https for every name.
    ['oci', 'https://127.0.0.1:5000', `${CURL} https://127.0.0.1:5000/v2/REPOSITORY/tags/list`],
    ['oci', 'http://hub.example/mirror', `${CURL} http://hub.example/v2/mirror/REPOSITORY/tags/list`],
    ['http', 'https://gitlab.example/api', `${CURL} https://gitlab.example/api/PATH`],
  ])('through the forward proxy, for %s at %s', (protocol, address, command) => {
    const connectors = [verdict('default', 'hub', protocol, address)];
    const text = howToGoOn(sandbox, { objects: [], connectors, volumes: [volumeFor({ connectors: 'default/hub' })] });
    expect(text).toMatch(/\n\n {2}# under its own name, through the forward proxy/);
    expect(text).toContain(`\n  ${command}\n\n`);
  });

  it('use no file that the volume does not have', () => {
    const connectors = [verdict('default', 'hub')];
    const text = howToGoOn(sandbox, { objects: [], connectors, volumes: [volumeFor({ connectors: 'default/hub' }, ['context.token'])] });
    expect(text).toContain('/v2/namespaces/default/connectors/hub/REPOSITORY/tags/list\n');
    expect(text).not.toMatch(/DOCKER_CONFIG|env\.sh|forward proxy/);
  });

  it('use the account that the manifests bind, preferably one that may push, and create none', () => {
    const objects = [account('team-a', 'ci'), binding('connectors-puller', 'reader'), binding('connectors-pusher', 'builder')];
    const text = howToGoOn(sandbox, { objects, connectors: [verdict('default', 'hub')], volumes: [] });
    expect(text).toContain('TOKEN=$(kubectl create token builder --namespace=team-a --audience=connectors-proxy)');
    expect(text).not.toMatch(/create serviceaccount|create rolebinding/);
  });

  it('bind the account of the manifests if the manifests do not, and create one only if there is none', () => {
    const connectors = [verdict('default', 'hub')];
    const own = howToGoOn(sandbox, { objects: [account('team-a', 'robot')], connectors, volumes: [] });
    expect(own).toContain('--clusterrole=connectors-pusher --serviceaccount=team-a:robot');
    expect(own).not.toContain('create serviceaccount');
    const none = howToGoOn(sandbox, { objects: [], connectors, volumes: [] });
    expect(none).toContain('kubectl create serviceaccount ci --namespace=default\n  kubectl create rolebinding');
  });

  it('end with the admin ports of the programs, and with the directory of the logs', () => {
    expect(howToGoOn(sandbox, { objects: [], connectors: [], volumes: [] })).toContain(
      'controller http://127.0.0.1:1, proxy http://127.0.0.1:2, CSI driver http://127.0.0.1:3\nLogs: /box/logs. Press Ctrl-C to stop.',
    );
  });

  it('can be pasted if a path contains spaces and quotes', () => {
    expect(howToGoOn(sandbox, { objects: [], connectors: [], volumes: [] })).toContain(
      String.raw`export KUBECONFIG='/home/my user'\''s/kubeconfig'`,
    );
  });
});
