import { builtInSchemas } from './built-in-schemas';
import { type ResourceDefinition } from './resource-definition';

interface BuiltIn extends Partial<Omit<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural'>> {
  readonly kind: string;
  readonly plural: string;
}

const cluster = { namespaced: false };
const review = { createOnly: true };
const status = { hasStatus: true };
const workload = { hasStatus: true, hasGeneration: true };

const EVENT_FIELDS = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
];

const POD_FIELDS = ['spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'status.phase', 'status.podIP'];

/** Types of any cluster that kubectl and the product's programs use, by group and version. */
const TABLE: Readonly<Record<string, readonly BuiltIn[]>> = {
  v1: [
    { kind: 'Namespace', plural: 'namespaces', shortNames: ['ns'], ...cluster, ...status, selectableFields: ['status.phase'] },
    { kind: 'Secret', plural: 'secrets', selectableFields: ['type'] },
    { kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] },
    {
      kind: 'Service',
      plural: 'services',
      shortNames: ['svc'],
      categories: ['all'],
      ...status,
      selectableFields: ['spec.clusterIP', 'spec.type'],
    },
    { kind: 'ServiceAccount', plural: 'serviceaccounts', shortNames: ['sa'], subresources: ['token'] },
    { kind: 'Event', plural: 'events', shortNames: ['ev'], selectableFields: EVENT_FIELDS, createOnUpdate: true },
    { kind: 'Pod', plural: 'pods', shortNames: ['po'], categories: ['all'], ...workload, selectableFields: POD_FIELDS },
    { kind: 'Node', plural: 'nodes', shortNames: ['no'], ...cluster, ...status },
    { kind: 'Endpoints', plural: 'endpoints', shortNames: ['ep'] },
    { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', shortNames: ['pvc'], ...status },
    { kind: 'ResourceQuota', plural: 'resourcequotas', shortNames: ['quota'], ...status },
    { kind: 'LimitRange', plural: 'limitranges', shortNames: ['limits'] },
  ],
  'apps/v1': [
    { kind: 'Deployment', plural: 'deployments', shortNames: ['deploy'], categories: ['all'], ...workload },
    { kind: 'ReplicaSet', plural: 'replicasets', shortNames: ['rs'], categories: ['all'], ...workload },
    { kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], categories: ['all'], ...workload },
    { kind: 'StatefulSet', plural: 'statefulsets', shortNames: ['sts'], categories: ['all'], ...workload },
  ],
  'batch/v1': [
    { kind: 'Job', plural: 'jobs', categories: ['all'], ...workload },
    { kind: 'CronJob', plural: 'cronjobs', shortNames: ['cj'], categories: ['all'], ...workload },
  ],
  'discovery.k8s.io/v1': [{ kind: 'EndpointSlice', plural: 'endpointslices', hasGeneration: true }],
  'networking.k8s.io/v1': [
    { kind: 'NetworkPolicy', plural: 'networkpolicies', shortNames: ['netpol'], hasGeneration: true },
    { kind: 'Ingress', plural: 'ingresses', shortNames: ['ing'], ...workload },
  ],
  'policy/v1': [{ kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets', shortNames: ['pdb'], ...workload }],
  'storage.k8s.io/v1': [{ kind: 'CSIDriver', plural: 'csidrivers', ...cluster }],
  'scheduling.k8s.io/v1': [{ kind: 'PriorityClass', plural: 'priorityclasses', shortNames: ['pc'], ...cluster, hasGeneration: true }],
  'coordination.k8s.io/v1': [{ kind: 'Lease', plural: 'leases', versionedUpdates: true, createOnUpdate: true }],
  'admissionregistration.k8s.io/v1': [
    { kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies', ...cluster, ...workload },
    { kind: 'ValidatingAdmissionPolicyBinding', plural: 'validatingadmissionpolicybindings', ...cluster, hasGeneration: true },
  ],
  'rbac.authorization.k8s.io/v1': [
    { kind: 'ClusterRole', plural: 'clusterroles', ...cluster },
    { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', ...cluster },
    { kind: 'Role', plural: 'roles' },
    { kind: 'RoleBinding', plural: 'rolebindings' },
  ],
  'apiextensions.k8s.io/v1': [
    { kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions', shortNames: ['crd', 'crds'], ...cluster, ...workload },
  ],
  'authentication.k8s.io/v1': [
    { kind: 'TokenReview', plural: 'tokenreviews', ...cluster, ...review },
    { kind: 'SelfSubjectReview', plural: 'selfsubjectreviews', ...cluster, ...review },
  ],
  'authorization.k8s.io/v1': [
    { kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', ...cluster, ...review },
    { kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews', ...cluster, ...review },
    { kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews', ...cluster, ...review },
    { kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews', ...review },
  ],
};

function define(apiVersion: string, builtIn: BuiltIn): ResourceDefinition {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  return {
    group,
    version,
    singular: builtIn.kind.toLowerCase(),
    listKind: `${builtIn.kind}List`,
    namespaced: true,
    shortNames: [],
    categories: [],
    hasStatus: false,
    hasGeneration: false,
    createOnly: false,
    subresources: [],
    versionedUpdates: false,
    createOnUpdate: false,
    custom: false,
    schema: builtInSchemas[builtIn.kind],
    printerColumns: [],
    selectableFields: [],
    ...builtIn,
  };
}

export const BUILT_IN_RESOURCES: readonly ResourceDefinition[] = Object.entries(TABLE).flatMap(([apiVersion, list]) =>
  list.map((builtIn) => define(apiVersion, builtIn)),
);
