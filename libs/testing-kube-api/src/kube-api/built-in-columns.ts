import { type ApiObject } from './api-object';
import { asList, asObject, asText, at } from './json';
import { age } from './age';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly priority?: number;
  readonly description?: string;
  readonly cell: (object: ApiObject, now: number) => unknown;
}

type Cell = Column['cell'];

function text(name: string, cell: Cell): Column {
  return { name, type: 'string', cell };
}

/** Returns a column that is shown only with `-o wide`. */
function wide(name: string, cell: Cell): Column {
  return { name, type: 'string', priority: 1, cell };
}

const created = (name = 'Age'): Column => text(name, ({ metadata }, now) => age(metadata.creationTimestamp, now));
const field = (name: string, ...path: string[]): Column => text(name, (object) => at(object, ...path) ?? '<none>');
const count = (name: string, ...path: string[]): Column => ({
  name,
  type: 'string',
  cell: (object) => Object.keys(asObject(at(object, ...path))).length,
});

function ports(object: ApiObject): string {
  const list = asList(at(object, 'spec', 'ports')).map(asObject);
  return list.length === 0 ? '<none>' : list.map(({ port, protocol }) => `${String(port)}/${asText(protocol)}`).join(',');
}

function externalIp(object: ApiObject): unknown {
  return at(object, 'spec', 'type') === 'ExternalName' ? at(object, 'spec', 'externalName') : '<none>';
}

function involved(object: ApiObject): string {
  const { kind, name } = asObject(object['involvedObject']);
  return `${asText(kind).toLowerCase()}/${asText(name)}`;
}

const role = text('Role', (object) => `${asText(at(object, 'roleRef', 'kind'))}/${asText(at(object, 'roleRef', 'name'))}`);

/** Columns after the name. Types without an entry show their age. */
export const BUILT_IN_COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [field('Status', 'status', 'phase'), created()],
  Secret: [field('Type', 'type'), count('Data', 'data'), created()],
  ConfigMap: [count('Data', 'data'), created()],
  ServiceAccount: [created()],
  Service: [
    field('Type', 'spec', 'type'),
    field('Cluster-IP', 'spec', 'clusterIP'),
    text('External-IP', externalIp),
    text('Port(s)', ports),
    created(),
  ],
  Event: [
    text('Last Seen', (object, now) => age(object['lastTimestamp'] ?? object['eventTime'], now)),
    field('Type', 'type'),
    field('Reason', 'reason'),
    text('Object', involved),
    field('Message', 'message'),
    wide('Source', (object) => at(object, 'source', 'component') ?? object['reportingComponent'] ?? ''),
  ],
  Lease: [field('Holder', 'spec', 'holderIdentity'), created()],
  CustomResourceDefinition: [text('Created At', ({ metadata }) => metadata.creationTimestamp)],
  Role: [text('Created At', ({ metadata }) => metadata.creationTimestamp)],
  ClusterRole: [text('Created At', ({ metadata }) => metadata.creationTimestamp)],
  RoleBinding: [role, created()],
  ClusterRoleBinding: [role, created()],
};
