import { type Registry } from '../registries';
import { OUTSIDE_ADDRESS, type OutsideHost } from '../world';

/** A Connector with one fault, and what `connectors check` must say about it. */
export interface PlantedFault {
  /** Name of the Connector. */
  readonly name: string;
  /** The fault, in words. */
  readonly title: string;
  /** Fields of its spec that differ from those of the Connector that works. */
  readonly spec?: object;
  /** More objects, in the namespace of the Connector. They are created before it. */
  readonly objects?: readonly object[];
  /** The check that names it. */
  readonly check: string;
  /** What its message says about the fault and the remedy. */
  readonly parts: readonly string[];
  /** Whether the controller finds nothing wrong. */
  readonly ready?: true;
  readonly as?: string;
}

/** The hosts of the small servers with faults, and their ports. No other fixture of the suite uses the addresses. */
export const FAULTY = {
  host: 'fixture.registry.example',
  address: OUTSIDE_ADDRESS['fixture.registry.example'],
  odd: 8081,
  failing: 8082,
  web: 8083,
} as const;

const CLOSED_PORT = 9;

export interface FaultRegistries {
  /** Wants user name and password. */
  readonly target: Registry;
  /** Has a certificate of an authority that the installation does not trust. */
  readonly privateCa: Registry;
}

const secret = (name: string, stringData: object, type = 'cpaas.io/distribution-registry-token'): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  type,
  stringData,
});

const login = (name: string): object => ({ auth: { name: 'tokenAuth', secretRef: { name } } });

/** Faults of one Connector each. All exist at the same time, while the installation works. */
export function plantedFaults({ target, privateCa }: FaultRegistries): readonly PlantedFault[] {
  const { username = '', password = '' } = target.account ?? {};
  const certified = new URL(target.address).hostname as OutsideHost;
  const { host, odd, failing, web } = FAULTY;
  return [
    {
      name: 'class-missing',
      title: 'the class is missing',
      spec: { connectorClassName: 'absent' },
      check: 'class',
      parts: ['ConnectorClass "absent" does not exist', 'install the class'],
    },
    {
      name: 'class-broken',
      title: 'the class needs what this version cannot do',
      spec: { connectorClassName: 'broken' },
      check: 'class',
      parts: ['ConnectorClass "broken" cannot be served', 'Rego'],
    },
    {
      name: 'parameter',
      title: 'the Connector sets a parameter that its class does not declare',
      spec: { params: [{ name: 'colour', value: 'red' }] },
      check: 'class',
      parts: ['spec.params[0].name is not declared by the class', 'remove'],
    },
    {
      name: 'secret-missing',
      title: 'the Secret is missing',
      spec: login('absent'),
      check: 'secret',
      parts: ['Secret "absent" does not exist', 'create it with type cpaas.io/distribution-registry-token'],
    },
    {
      name: 'secret-type',
      title: 'the Secret has another type',
      spec: login('opaque'),
      objects: [secret('opaque', { username, password }, 'Opaque')],
      check: 'secret',
      parts: ['Secret "opaque" has type "Opaque"', 'cpaas.io/distribution-registry-token'],
    },
    {
      name: 'secret-key',
      title: 'the Secret lacks a key',
      spec: login('half'),
      objects: [secret('half', { username })],
      check: 'secret',
      parts: ['Secret "half"', 'password'],
    },
    {
      name: 'password',
      title: 'the password is wrong',
      spec: login('wrong'),
      objects: [secret('wrong', { username, password: 'not-this-one' })],
      check: 'token',
      parts: ['401', 'refuses the credential'],
    },
    {
      name: 'anonymous',
      title: 'the registry wants a login, and the Connector has none',
      spec: { auth: null },
      check: 'token',
      parts: ['requires a credential', 'spec.auth.secretRef'],
    },
    {
      name: 'ca-missing',
      title: 'the Secret with the authority is missing',
      spec: { caCertSecretRef: { name: 'absent-ca' } },
      check: 'registry-ca',
      parts: ['Secret "absent-ca" does not exist', 'create it'],
    },
    {
      name: 'name-unknown',
      title: 'the name of the registry has no address',
      spec: { address: 'https://absent.default.svc.cluster.local' },
      check: 'dns',
      parts: ['absent.default.svc.cluster.local has no address', 'spelling'],
    },
    {
      name: 'link-local',
      title: 'the address is the metadata service of a cloud',
      spec: { address: 'http://169.254.169.254' },
      check: 'dns',
      parts: ['169.254.169.254', 'OCI_CONNECTOR_EGRESS_ALLOW_CIDRS'],
    },
    {
      name: 'port-closed',
      title: 'nothing listens at the port',
      spec: { address: `https://${certified}:${CLOSED_PORT}` },
      check: 'tcp',
      parts: ['nothing listens there', 'Check host and port'],
    },
    {
      name: 'authority',
      title: 'the certificate is of an unknown authority',
      spec: { address: privateCa.address },
      check: 'tls',
      parts: ['signed by an unknown authority', 'spec.caCertSecretRef'],
    },
    {
      name: 'other-host',
      title: 'the certificate is for another host',
      spec: { address: `https://${OUTSIDE_ADDRESS[certified]}` },
      check: 'tls',
      parts: ['is for another host name', 'Use a name in the address'],
    },
    {
      name: 'no-registry',
      title: 'the address is that of a web site',
      spec: { address: `http://${host}:${web}` },
      check: 'registry',
      parts: ['was answered with a web page', 'set spec.address to the registry'],
    },
    {
      name: 'challenge',
      title: 'the challenge names a token server elsewhere',
      spec: { address: `http://${host}:${odd}` },
      check: 'challenge',
      parts: ['which is not trusted', 'spec.auth.trustedRealms'],
    },
    {
      name: 'token-server',
      title: 'the token server fails',
      spec: { address: `http://${host}:${failing}` },
      check: 'token',
      parts: ['500'],
    },
    {
      name: 'foreign-service',
      title: 'a Service of somebody else has the name',
      objects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'c-foreign-service' }, spec: { ports: [{ port: 5432 }] } }],
      check: 'service',
      parts: ['Service "c-foreign-service" exists and is not made by this controller', 'delete or rename it'],
    },
    {
      name: 'permission',
      title: 'the ServiceAccount has no permission',
      as: 'stranger',
      ready: true,
      check: 'permission',
      parts: ['may not pull', 'kubectl create rolebinding', '--clusterrole=connectors-puller'],
    },
    {
      name: 'account',
      title: 'the ServiceAccount is missing',
      as: 'nobody',
      ready: true,
      check: 'permission',
      parts: ['ServiceAccount "nobody" does not exist', 'kubectl create serviceaccount nobody'],
    },
  ];
}
