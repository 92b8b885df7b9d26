import { KubeClient, StaticCredential } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { startKubeApi, type KubeApiServer } from '@oci-connector/testing-kube-api';
import { applyManifest } from './apply-manifests';
import { requestToken } from './request-token';

describe('errors of the API server are reported without URLs', () => {
  let api: KubeApiServer;
  let client: KubeClient;

  beforeAll(async () => {
    api = await startKubeApi();
    client = KubeClient.fromConnection({
      server: api.url,
      credential: new StaticCredential(new Sensitive(`Bearer ${api.adminToken}`)),
      tls: {},
    });
  });
  afterAll(async () => {
    await client.close();
    await api.close();
  });

  it('a namespace that does not exist', async () => {
    const manifest = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: nope}\nspec: {}';
    await expect(applyManifest(client, manifest, 'x.yaml')).rejects.toThrow('x.yaml: Pod web: namespaces "nope" not found');
  });

  it('a token for a ServiceAccount that does not exist', async () => {
    await expect(requestToken(client, { namespace: 'default', name: 'ci' })).rejects.toThrow(
      'ServiceAccount "ci" does not exist in namespace "default"; create it: kubectl create serviceaccount ci --namespace=default',
    );
  });
});
