import { aSecret, LoopbackServer, TcpServer, unusedPort } from '@oci-connector/testing-kit';
import { startFixtureRegistry } from '@oci-connector/testing-registry';
import { CONNECTOR, PASSWORD } from '../test/check-world';
import { useCheckWorld } from '../test/test-worlds';
import { CHECKS } from './check-report';

const test = useCheckWorld();

const AS = ['--as', 'builds/builder'];

interface Fault {
  readonly plant: () => unknown;
  /** The checks that fail; all others pass or are skipped. */
  readonly fails: readonly string[];
  readonly message: RegExp;
  readonly args?: readonly string[];
}

const SYSTEM = 'connectors-system';

const FAULTS: Readonly<Record<string, Fault>> = {
  'the Connector is missing': {
    plant: () => test.cluster.delete('Connector', 'harbor', 'team'),
    fails: ['connector'],
    message: /^Connector "harbor" does not exist in namespace "team"; compare with: kubectl get connectors/,
  },
  'the class is missing': {
    plant: () => test.cluster.change({ connectorClassName: 'absent' }),
    fails: ['class'],
    message: /^ConnectorClass "absent" does not exist; correct spec.connectorClassName, or install the class$/,
  },
  'the class cannot be served': {
    plant: () => {
      const metadata = { name: 'rego' };
      const auth = { types: [{ name: 'tokenAuth', generator: { rego: 'package proxy' } }] };
      test.cluster.apply({ apiVersion: CONNECTOR.apiVersion, kind: 'ConnectorClass', metadata, spec: { protocol: 'oci', auth } });
      test.cluster.change({ connectorClassName: 'rego' });
    },
    fails: ['class'],
    message: /^ConnectorClass "rego" cannot be served: the class contains Rego/,
  },
  'the Connector does not fit its class': {
    plant: () => test.cluster.change({ params: [{ name: 'colour', value: 'red' }] }),
    fails: ['class'],
    message: /^spec.params\[0\].name is not declared by the class; remove the item$/,
  },
  'the Secret is missing': {
    plant: () => test.cluster.delete('Secret', 'login', 'team'),
    fails: ['secret'],
    message: /^Secret "login" does not exist in namespace "team"; create it with type cpaas.io\/distribution-registry-token$/,
  },
  'the Secret has another type': {
    plant: () => secret({ username: 'robot', password: PASSWORD }, 'Opaque'),
    fails: ['secret'],
    message: /^Secret "login" has type "Opaque".*cpaas.io\/distribution-registry-token/,
  },
  'the Secret lacks a key': {
    plant: () => secret({ username: 'robot' }),
    fails: ['secret'],
    message: /^Secret "login".*"?password"?/,
  },
  'the Secret with the authority is missing': {
    plant: () => test.cluster.delete('Secret', 'ca', 'team'),
    fails: ['registry-ca'],
    message: /^Secret "ca" does not exist in namespace "team"; create it$/,
  },
  'the name of the registry has no address': {
    plant: () => test.cluster.change({ address: 'https://absent.test' }),
    fails: ['dns'],
    message: /^The host name absent.test has no address. Check its spelling and the cluster's DNS.$/,
  },
  'the address is one of the API server': {
    plant: () => test.cluster.change({ address: 'https://169.254.169.254' }),
    fails: ['dns'],
    message: /is a loopback, link-local, metadata or reserved address; list the range in OCI_CONNECTOR_EGRESS_ALLOW_CIDRS/,
  },
  'nothing listens at the port': {
    plant: async () => test.cluster.change({ address: `https://registry.test:${await unusedPort()}` }),
    fails: ['tcp'],
    message: /nothing listens there. Check host and port of the address \(ECONNREFUSED\)/,
  },
  'the certificate is of an unknown authority': {
    plant: () => test.cluster.change({ caCertSecretRef: undefined }),
    fails: ['tls'],
    message: /is signed by an unknown authority. Put that authority's certificate into a Secret and name it in spec.caCertSecretRef/,
  },
  'the certificate is for another name': {
    plant: () => test.cluster.change({ address: `https://auth.test:${test.servers.registry.port}` }),
    fails: ['tls'],
    message: /is for another host name. Use a name in the address that it covers/,
  },
  'the certificate has expired': {
    plant: async () => {
      const tls = await test.servers.authority.issue({ names: ['registry.test'], notAfter: new Date(Date.now() - 3_600_000) });
      test.cluster.change({ address: `https://registry.test:${(await open(startFixtureRegistry({ tls }))).port}` });
    },
    fails: ['tls'],
    message: /its certificate has expired. It must be renewed on the server \(CERT_HAS_EXPIRED\)/,
  },
  'the port speaks no TLS': {
    plant: async () =>
      test.cluster.change({
        address: `https://registry.test:${(await open(TcpServer.start((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))).port}`,
      }),
    fails: ['tls'],
    message: /TLS handshake failed|connection was closed/,
  },
  'the server is no registry': {
    plant: async () => {
      const site = LoopbackServer.start((_request, response) => response.end('<!doctype html><title>Welcome</title>'));
      test.cluster.change({ address: `http://registry.test:${(await open(site)).port}` });
    },
    fails: ['registry'],
    message: /was answered with a web page; set spec.address to the registry itself$/,
  },
  'the token server is not trusted': {
    plant: async () => {
      const realm = { url: 'http://auth.test:9/token' };
      const registry = startFixtureRegistry({ publicName: 'registry.test', auth: { mode: 'token', accounts: [], realm } });
      test.cluster.change({ address: `http://registry.test:${(await open(registry)).port}` });
    },
    fails: ['challenge'],
    message:
      /names the token server http:\/\/auth.test:9, which is not trusted: nothing was sent there. .* add "http:\/\/auth.test:9" to spec.auth.trustedRealms.$/,
  },
  'the Connector is anonymous, and the registry wants a login': {
    plant: async () => {
      const registry = startFixtureRegistry({ publicName: 'registry.test', auth: { mode: 'basic', accounts: [] } });
      test.cluster.change({ auth: undefined, address: `http://registry.test:${(await open(registry)).port}` });
    },
    fails: ['token'],
    message: /requires a credential. Name a Secret in spec.auth.secretRef.$/,
  },
  'the password is wrong': {
    plant: () => secret({ username: 'robot', password: 'another-secret-word' }),
    fails: ['token'],
    message: /^Authentication failed: status code 401: .* refuses the credential/,
  },
  'the controller has written nothing': {
    plant: () => test.cluster.api.applyStatus(CONNECTOR, {}),
    fails: ['status', 'address'],
    message: /^the controller has not written a status yet; check that the controller is running: kubectl get deployment/,
  },
  'the controller has not seen a change': {
    plant: () => test.cluster.changeStatus({ observedGeneration: 0 }),
    fails: ['status'],
    message: /^the controller has not seen the last change of the Connector yet/,
  },
  'the controller reports a problem': {
    plant: () =>
      test.cluster.changeStatus({
        conditions: [{ type: 'Ready', status: 'False', reason: 'ConnectionFailed', message: 'no route from here' }],
      }),
    fails: ['status'],
    message: /^the controller reports Ready=False: no route from here; see: kubectl describe connector harbor --namespace team$/,
  },
  'the Service is missing': {
    plant: () => test.cluster.delete('Service', 'c-harbor', 'team'),
    fails: ['service'],
    message: /^Service "c-harbor" does not exist in namespace "team"; the controller writes it/,
  },
  'the Service belongs to somebody else': {
    plant: () => {
      test.cluster.delete('Service', 'c-harbor', 'team');
      test.cluster.apply({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: 'team', name: 'c-harbor' },
        spec: { ports: [{ port: 80 }] },
      });
    },
    fails: ['service'],
    message: /^Service "c-harbor" exists and is not made by this controller.*; delete or rename it/,
  },
  'no pod of the proxy is ready': {
    plant: () => test.cluster.applyProxyEndpoints(false),
    fails: ['proxy'],
    message: /^no pod of the proxy is ready; see why: kubectl describe pods --namespace connectors-system$/,
  },
  'the proxy is not installed': {
    plant: () => test.cluster.delete('Service', 'connectors-proxy-service', SYSTEM),
    fails: ['proxy'],
    message: /^Service "connectors-proxy-service" of the proxy does not exist in namespace "connectors-system"/,
  },
  'the authority of the proxy is not published': {
    plant: () => test.cluster.delete('ConfigMap', 'connectors-proxy-ca', SYSTEM),
    fails: ['proxy-ca'],
    message: /^ConfigMap "connectors-proxy-ca" does not exist in namespace "connectors-system"; the controller writes it/,
  },
  'the ServiceAccount is missing': {
    plant: () => test.cluster.delete('ServiceAccount', 'builder', 'builds'),
    fails: ['permission'],
    message:
      /^ServiceAccount "builder" does not exist in namespace "builds"; create it: kubectl create serviceaccount builder --namespace builds$/,
    args: AS,
  },
  'the ServiceAccount has no permission': {
    plant: () => test.cluster.delete('RoleBinding', 'builder', 'team'),
    fails: ['permission'],
    message:
      /^builds\/builder may not pull \(get connectors\/proxy\); allow it: kubectl create rolebinding .* --namespace=team --clusterrole=connectors-puller --serviceaccount=builds:builder$/,
    args: AS,
  },
  'the ServiceAccount may not push': {
    plant: () => undefined,
    fails: ['permission'],
    message: /^builds\/builder may not push \(update connectors\/proxy\); allow it: .* --clusterrole=connectors-pusher /,
    args: [...AS, '--use', 'push'],
  },
  'the image does not exist': {
    plant: () => undefined,
    fails: ['request'],
    message:
      /^HEAD \/v2\/library\/absent\/manifests\/latest is answered with 404: manifest unknown to the registry; see docs\/troubleshooting.md$/,
    args: [...AS, '--image', 'library/absent'],
  },
  'the status has another authority than the proxy': {
    plant: () => {
      const url = `https://proxy.test:${test.servers.proxy.port}`;
      test.cluster.changeStatus({ proxy: { httpsAddress: { url }, httpAddress: { url } } });
    },
    fails: ['request'],
    message: /its certificate is signed by an unknown authority/,
    args: AS,
  },
};

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.close()));
});

/** Closes the server after the test. */
async function open<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  opened.push(server);
  return server;
}

function secret(stringData: Record<string, string>, type?: string): void {
  // The type of a Secret cannot be changed.
  test.cluster.delete('Secret', 'login', 'team');
  const { data, type: secretType } = aSecret({ stringData, type });
  test.cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'team', name: 'login' }, type: secretType, data });
}

describe('a planted fault', () => {
  it.each(Object.entries(FAULTS))('%s', async (_name, { plant, fails, message, args = [] }) => {
    await plant();
    const run = await test.cluster.check(args);
    const failures = run.results.filter(({ state }) => state === 'failed');
    expect(failures.map(({ check }) => check)).toEqual(fails);
    expect(failures[0]?.message).toMatch(message);
    expect(run.status).toBe(1);
    // Every check that needs the failed one says so.
    const skipped = run.results.filter(({ message: text }) => text.startsWith('needs the check'));
    expect(skipped.every(({ state }) => state === 'skipped')).toBe(true);
    expect(run.stdout + run.stderr).not.toMatch(new RegExp(`${PASSWORD}|another-secret-word|${Buffer.from(PASSWORD).toString('base64')}`));
  });

  it('is there for each check, 15 at least', () => {
    expect(Object.keys(FAULTS).length).toBeGreaterThanOrEqual(15);
    expect(CHECKS.filter((check) => !Object.values(FAULTS).some(({ fails }) => fails.includes(check)))).toEqual([]);
  });
});
