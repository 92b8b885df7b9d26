import { type Connector, type KubeObject } from '@oci-connector/connector-api';
import { type Verdict } from '../installation/wait-for-connectors';
import { type Pod } from '../kubelet/published-volume';
import { type PodVolume } from './apply-user-manifests';
import { howToGoOn } from './how-to-go-on';
import { type Sandbox } from './sandbox';

const sandbox = {
  kubeconfig: "/home/my user's/kubeconfig",
  caFile: '/ca.crt',
  csiSocket: '/csi.sock',
  proxy: { http: 'http://localhost:8080', https: 'https://localhost:8443' },
} as Sandbox;

function verdict(namespace: string, name: string, protocol = 'oci'): Verdict {
  const proxyUrl = `http://localhost:8080/namespaces/${namespace}/connectors/${name}`;
  return { namespace, name, protocol, proxyUrl, ready: 'True', reason: '', message: '', connector: {} as Connector };
}

function volumeFor(attributes: Record<string, string>): PodVolume {
  const volumes = [{ name: 'login', csi: { driver: 'connectors-csi', volumeAttributes: attributes } }];
  return {
    pod: { metadata: { namespace: 'team-a', name: 'builder' }, spec: { volumes } } as unknown as Pod,
    name: 'login',
    directory: '/v/mount',
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

describe('the commands to go on with', () => {
  it('have no NAMESPACE and no NAME where there is one volume, whichever way it names its Connector', () => {
    const forms: Record<string, string>[] = [{ connectors: 'default/hub' }, { 'connector.name': 'hub', 'connector.namespace': 'default' }];
    for (const attributes of forms) {
      const text = howToGoOn(sandbox, {
        objects: [],
        connectors: [verdict('default', 'other'), verdict('default', 'hub')],
        volumes: [volumeFor(attributes)],
      });
      expect(text).toContain(
        'With nothing but the files of volume login of Pod team-a/builder, and with a repository and a tag of that registry for REPOSITORY and TAG:\n\n  VOLUME=/v/mount\n',
      );
      expect(text).toContain(
        'DOCKER_CONFIG="$VOLUME" crane pull localhost:8080/namespaces/default/connectors/hub/REPOSITORY:TAG image.tar',
      );
      expect(text).not.toMatch(/\bNAMESPACE\b|\bNAME\b/);
    }
  });

  it('choose one of several Connectors of a volume, and say so', () => {
    const volumes = [volumeFor({ connectors: 'files, default/hub' })];
    const text = howToGoOn(sandbox, { objects: [], connectors: [verdict('team-a', 'files', 'http'), verdict('default', 'hub')], volumes });
    expect(text).toContain(
      'of Pod team-a/builder (default/hub is one of its 2 Connectors), and with a repository and a tag of that registry for REPOSITORY and TAG:',
    );
  });

  it('are not those of registries for an http Connector, but what asks it through the proxy', () => {
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

  it('use the account that the manifests bind, the one that may push first, and make no other', () => {
    const objects = [account('team-a', 'ci'), binding('connectors-puller', 'reader'), binding('connectors-pusher', 'builder')];
    const text = howToGoOn(sandbox, { objects, connectors: [verdict('default', 'hub')], volumes: [] });
    expect(text).toContain('TOKEN=$(kubectl create token builder --namespace=team-a --audience=connectors-proxy)');
    expect(text).not.toMatch(/create serviceaccount|create rolebinding/);
  });

  it('bind the account of the manifests where they do not, and make one only where there is none', () => {
    const connectors = [verdict('default', 'hub')];
    const own = howToGoOn(sandbox, { objects: [account('team-a', 'robot')], connectors, volumes: [] });
    expect(own).toContain('--clusterrole=connectors-pusher --serviceaccount=team-a:robot');
    expect(own).not.toContain('create serviceaccount');
    const none = howToGoOn(sandbox, { objects: [], connectors, volumes: [] });
    expect(none).toContain('kubectl create serviceaccount ci --namespace=default\n  kubectl create rolebinding');
  });

  it('can be pasted when a path has spaces and quotes', () => {
    expect(howToGoOn(sandbox, { objects: [], connectors: [], volumes: [] })).toContain(
      String.raw`export KUBECONFIG='/home/my user'\''s/kubeconfig'`,
    );
  });
});
