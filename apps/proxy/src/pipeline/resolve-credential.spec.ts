import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { CredentialError, type CredentialStore, type SecretObject } from '@oci-connector/credentials';
import { type UpstreamPool } from '../upstream/upstream-pool';
import { type Planned } from './proxy-exchange';
import { ResolveCredential } from './resolve-credential';

describe('ResolveCredential', () => {
  it('parses an invalid Secret once, not for each request', async () => {
    let looks = 0;
    const data = {
      get '.dockerconfigjson'(): string {
        looks += 1;
        return Buffer.from('{"auths":').toString('base64');
      },
    };
    const secret = {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 'login', namespace: 'a' },
      type: 'kubernetes.io/dockerconfigjson',
      data,
    } as SecretObject;
    const store = { peek: () => secret } as Partial<CredentialStore> as CredentialStore;
    const auth = { name: 'dockerConfig', secretRef: { name: 'login' } };
    const connector = { metadata: { name: 'c', namespace: 'a', uid: 'u' }, spec: { connectorClassName: 'oci', auth } } as Connector;
    const connectorClass = {
      metadata: { name: 'oci' },
      spec: { auth: { types: [{ name: auth.name, secretType: secret.type }] } },
    } as ConnectorClass;
    const exchange = { resolution: { connector, connectorClass, address: { host: 'registry.example' } } } as Planned;
    const resolve = new ResolveCredential(store, {} as UpstreamPool);
    await expect(resolve.resolve(exchange)).rejects.toThrow(CredentialError);
    const afterOne = looks;
    await expect(resolve.resolve(exchange)).rejects.toThrow('is not a docker configuration');
    expect(looks).toBe(afterOne);
  });
});
