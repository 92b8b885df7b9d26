import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import {
  type Connector,
  type ConnectorClass,
  type KubeObject,
  validateConnector,
  validateConnectorAgainstClass,
  validateConnectorClass,
} from '@oci-connector/connector-api';

interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

interface RoleObject extends KubeObject {
  rules: PolicyRule[];
}

interface BindingObject extends KubeObject {
  roleRef: { kind: string; name: string };
}

interface SecretObject extends KubeObject {
  type: string;
  stringData: Record<string, string>;
}

const deploy = path.join(__dirname, '../../deploy');

function objectsOf(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(path.join(deploy, file), 'utf8')).map((document) => {
    if (document.errors[0]) {
      throw document.errors[0];
    }
    return document.toJS() as KubeObject;
  });
}

function filesOf(directory: string): string[] {
  const names = readdirSync(path.join(deploy, directory)).filter((name) => name.endsWith('.yaml'));
  return names.map((name) => `${directory}/${name}`);
}

function ofKind<T extends KubeObject>(objects: readonly KubeObject[], ...kinds: string[]): T[] {
  return objects.filter(({ kind }) => kinds.includes(kind)) as T[];
}

const oci = objectsOf('chart/files/class-oci.yaml')[0] as ConnectorClass;
const rbac = objectsOf('install.yaml').filter(({ apiVersion }) => apiVersion === 'rbac.authorization.k8s.io/v1');

describe('class oci', () => {
  it('is valid', () => {
    expect(validateConnectorClass(oci)).toEqual([]);
  });

  it('keeps the names on which Connectors rely', () => {
    expect(oci.metadata).toMatchObject({ name: 'oci', annotations: { 'connectors.cpaas.io/proxy-resolver': 'path' } });
    expect(oci.spec.auth?.types?.map(({ name, secretType, optional }) => [name, secretType, optional])).toEqual([
      ['tokenAuth', 'cpaas.io/distribution-registry-token', true],
      ['basicAuth', 'kubernetes.io/basic-auth', true],
      ['dockerConfig', 'kubernetes.io/dockerconfigjson', true],
    ]);
  });
});

describe.each(filesOf('examples'))('%s', (file) => {
  const objects = objectsOf(file);
  const secrets = ofKind<SecretObject>(objects, 'Secret');
  const classes = [oci, ...ofKind<ConnectorClass>(objects, 'ConnectorClass')];
  const typeOf = (connectorClass: ConnectorClass | undefined, name: string | undefined) =>
    connectorClass?.spec.auth?.types?.find((type) => type.name === name);

  it('has valid classes', () => {
    expect(classes.flatMap((connectorClass) => validateConnectorClass(connectorClass))).toEqual([]);
  });

  it.each(ofKind<Connector>(objects, 'Connector').map((connector) => [connector.metadata.name, connector] as const))(
    'has a Connector %s that is valid, fits its class and finds its Secrets',
    (_name, connector) => {
      expect(validateConnector(connector)).toEqual([]);
      const connectorClass = classes.find(({ metadata }) => metadata.name === connector.spec.connectorClassName);
      expect(connectorClass && validateConnectorAgainstClass(connector, connectorClass)).toEqual([]);

      const { auth, caCertSecretRef } = connector.spec;
      const secretNamed = (name: string) =>
        secrets.find(({ metadata }) => metadata.name === name && metadata.namespace === connector.metadata.namespace);
      if (auth?.secretRef) {
        expect(secretNamed(auth.secretRef.name)?.type).toBe(typeOf(connectorClass, auth.name)?.secretType);
      }
      if (caCertSecretRef) {
        expect(Object.keys(secretNamed(caCertSecretRef.name)?.stringData ?? {})).toEqual(['ca.crt']);
      }
    },
  );

  it('has a placeholder for every secret value', () => {
    for (const { stringData } of secrets) {
      expect(Object.values(stringData).join()).toContain('REPLACE-ME');
    }
  });

  it('binds roles that exist', () => {
    const roles = ofKind<RoleObject>([...rbac, ...objects], 'ClusterRole', 'Role');
    for (const { roleRef } of ofKind<BindingObject>(objects, 'RoleBinding')) {
      expect(roles.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain(`${roleRef.kind} ${roleRef.name}`);
    }
  });
});

describe('rbac', () => {
  const rulesOf = (kind: string, name: string) =>
    ofKind<RoleObject>(rbac, kind).find(({ metadata }) => metadata.name === name)?.rules ?? [];
  const verbsOn = (rules: PolicyRule[], resource: string) =>
    rules.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs);

  it('contains no wildcard', () => {
    for (const { rules } of ofKind<RoleObject>(rbac, 'ClusterRole', 'Role')) {
      const all = rules.flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
      expect(all).not.toContain('*');
    }
  });

  it('lets the proxy get Secrets by name, but not list or watch them', () => {
    expect(verbsOn(rulesOf('ClusterRole', 'connectors-proxy'), 'secrets')).toEqual(['get']);
    expect(rulesOf('Role', 'connectors-proxy')).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        resourceNames: ['connectors-proxy-ca', 'connectors-proxy-sealing', 'connectors-self-test'],
        verbs: ['get'],
      },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]);
  });

  it.each(['proxy', 'controller'])('lets the %s read the addresses of the API server, and nothing else in that namespace', (program) => {
    expect(rulesOf('Role', `connectors-${program}-api-server`)).toEqual([
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: ['kubernetes'], verbs: ['list', 'watch'] },
    ]);
  });

  it('lets the controller write only its own two Secrets, and only the status of Connectors', () => {
    const rules = rulesOf('ClusterRole', 'connectors-controller');
    expect(verbsOn(rules, 'secrets')).toEqual(['get', 'list', 'watch']);
    expect(verbsOn(rules, 'connectors')).toEqual(['list', 'watch']);
    const own = rulesOf('Role', 'connectors-controller').filter(({ resources }) => resources.includes('secrets'));
    for (const { resourceNames, verbs } of own) {
      if (resourceNames) {
        expect(resourceNames).toEqual(['connectors-proxy-ca', 'connectors-proxy-sealing']);
      } else {
        expect(verbs).toEqual(['create']);
      }
    }
  });

  it.each([
    ['connectors-puller', ['get']],
    ['connectors-pusher', ['get', 'update']],
    ['connectors-admin', ['get', 'update', 'delete']],
    ['connectors-connector-viewer-role', []],
    ['connectors-connector-editor-role', []],
  ])('%s may %j through the proxy', (name, verbs) => {
    expect(rulesOf('ClusterRole', name)).not.toEqual([]);
    expect(verbsOn(rulesOf('ClusterRole', name), 'connectors/proxy')).toEqual(verbs);
  });
});
