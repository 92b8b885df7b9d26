import { rootCertificates } from 'node:tls';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { CredentialError, CredentialStore, type SecretObject } from '@oci-connector/credentials';
import { EgressPolicy } from '@oci-connector/egress';
import { ManualClock } from '@oci-connector/testing-kit';
import { Transfer } from '../transfer/transfer';
import { UpstreamPool } from '../upstream/upstream-pool';
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
    const store = { peek: () => secret, markUnusable: () => undefined } as Partial<CredentialStore> as CredentialStore;
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

  it.each(['auth.secretRef', 'caCertSecretRef'])(
    'uses a corrected Secret of spec.%s a second after the wrong one was read',
    async (field) => {
      const clock = new ManualClock();
      let data = {};
      const secret = (): SecretObject => ({ metadata: { name: 'login', namespace: 'a' }, type: 'kubernetes.io/basic-auth', data });
      const store = new CredentialStore({ readSecret: () => Promise.resolve(secret()), clock });
      const reference = { name: 'login' };
      const auth = { name: 'basicAuth', ...(field === 'auth.secretRef' && { secretRef: reference }) };
      const spec = { connectorClassName: 'oci', auth, ...(field === 'caCertSecretRef' && { caCertSecretRef: reference }) };
      const connector = { metadata: { name: 'c', namespace: 'a', uid: 'u' }, spec } as Connector;
      const connectorClass = {
        metadata: { name: 'oci' },
        spec: { auth: { types: [{ name: auth.name, optional: true, secretType: 'kubernetes.io/basic-auth' }] } },
      } as ConnectorClass;
      const transfer = new Transfer(() => 0);
      // The connections are held until the transfer ends.
      const hold = jest.spyOn(transfer, 'atEnd');
      const pool = new UpstreamPool(new EgressPolicy({ allowCIDRs: [], redirectCIDRs: [], refusedHosts: [] }), { installationCa: [] });
      const resolve = new ResolveCredential(store, pool);
      const address = { host: 'registry.example' };
      const exchange = { resolution: { connector, connectorClass, address }, client: { transfer } } as Planned;
      await expect(resolve.resolve(exchange)).rejects.toThrow(CredentialError);
      const base64 = (text: string): string => Buffer.from(text).toString('base64');
      data = { username: base64('robot'), password: base64('hush'), 'ca.crt': base64(rootCertificates[0] ?? '') };
      clock.advance(999);
      await expect(resolve.resolve(exchange)).rejects.toThrow(CredentialError);
      expect(hold).not.toHaveBeenCalled();
      clock.advance(1);
      await resolve.resolve(exchange);
      expect(hold).toHaveBeenCalledTimes(1);
    },
  );
});
