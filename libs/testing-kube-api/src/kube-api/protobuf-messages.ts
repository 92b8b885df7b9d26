/**
 * A field of a message: its name in JSON and the type of its value. `each:` means a repeated field, and `map:` a map with string
 * keys. A name with a capital letter is another message. `skip` means that the server ignores the field.
 */
export type ProtobufField = readonly [name: string, type: string];

/** Fields by their number. */
export type ProtobufMessage = Readonly<Record<number, ProtobufField>>;

const metadata: ProtobufField = ['metadata', 'ObjectMeta'];
const status: ProtobufField = ['status', 'skip'];
const binding: ProtobufMessage = { 1: metadata, 2: ['subjects', 'each:Subject'], 3: ['roleRef', 'RoleRef'] };
const review = (spec: string): ProtobufMessage => ({ 1: metadata, 2: ['spec', spec], 3: status });

/**
 * The messages that kubectl sends. kubectl always encodes built-in types with protobuf. The names and numbers are those of the
 * `generated.proto` files of k8s.io/api and k8s.io/apimachinery 0.37.
 */
export const PROTOBUF_MESSAGES: Readonly<Record<string, ProtobufMessage>> = {
  Unknown: { 1: ['typeMeta', 'TypeMeta'], 2: ['raw', 'bytes'], 3: ['contentEncoding', 'text'], 4: ['contentType', 'text'] },
  TypeMeta: { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] },
  ObjectMeta: {
    1: ['name', 'text'],
    2: ['generateName', 'text'],
    3: ['namespace', 'text'],
    4: ['selfLink', 'skip'],
    5: ['uid', 'text'],
    6: ['resourceVersion', 'text'],
    7: ['generation', 'skip'],
    8: ['creationTimestamp', 'skip'],
    9: ['deletionTimestamp', 'skip'],
    10: ['deletionGracePeriodSeconds', 'skip'],
    11: ['labels', 'map:text'],
    12: ['annotations', 'map:text'],
    13: ['ownerReferences', 'each:OwnerReference'],
    14: ['finalizers', 'each:text'],
    17: ['managedFields', 'skip'],
  },
  OwnerReference: {
    1: ['kind', 'text'],
    3: ['name', 'text'],
    4: ['uid', 'text'],
    5: ['apiVersion', 'text'],
    6: ['controller', 'flag'],
    7: ['blockOwnerDeletion', 'flag'],
  },
  Namespace: { 1: metadata, 2: ['spec', 'NamespaceSpec'], 3: status },
  NamespaceSpec: { 1: ['finalizers', 'each:text'] },
  Secret: {
    1: metadata,
    2: ['data', 'map:bytes'],
    3: ['type', 'text'],
    4: ['stringData', 'map:text'],
    5: ['immutable', 'flag'],
  },
  ConfigMap: { 1: metadata, 2: ['data', 'map:text'], 3: ['binaryData', 'map:bytes'], 4: ['immutable', 'flag'] },
  ServiceAccount: {
    1: metadata,
    2: ['secrets', 'each:ObjectReference'],
    3: ['imagePullSecrets', 'each:LocalObjectReference'],
    4: ['automountServiceAccountToken', 'flag'],
  },
  LocalObjectReference: { 1: ['name', 'text'] },
  ObjectReference: {
    1: ['kind', 'text'],
    2: ['namespace', 'text'],
    3: ['name', 'text'],
    4: ['uid', 'text'],
    5: ['apiVersion', 'text'],
    6: ['resourceVersion', 'text'],
    7: ['fieldPath', 'text'],
  },
  Service: { 1: metadata, 2: ['spec', 'ServiceSpec'], 3: status },
  ServiceSpec: {
    1: ['ports', 'each:ServicePort'],
    2: ['selector', 'map:text'],
    3: ['clusterIP', 'text'],
    4: ['type', 'text'],
    5: ['externalIPs', 'each:text'],
    7: ['sessionAffinity', 'text'],
    8: ['loadBalancerIP', 'text'],
    9: ['loadBalancerSourceRanges', 'each:text'],
    10: ['externalName', 'text'],
    11: ['externalTrafficPolicy', 'text'],
    12: ['healthCheckNodePort', 'whole'],
    13: ['publishNotReadyAddresses', 'flag'],
    17: ['ipFamilyPolicy', 'text'],
    18: ['clusterIPs', 'each:text'],
    19: ['ipFamilies', 'each:text'],
    20: ['allocateLoadBalancerNodePorts', 'flag'],
    21: ['loadBalancerClass', 'text'],
    22: ['internalTrafficPolicy', 'text'],
    23: ['trafficDistribution', 'text'],
  },
  ServicePort: {
    1: ['name', 'text'],
    2: ['protocol', 'text'],
    3: ['port', 'whole'],
    4: ['targetPort', 'IntOrString'],
    5: ['nodePort', 'whole'],
    6: ['appProtocol', 'text'],
  },
  IntOrString: { 1: ['type', 'whole'], 2: ['intVal', 'whole'], 3: ['strVal', 'text'] },
  Role: { 1: metadata, 2: ['rules', 'each:PolicyRule'] },
  ClusterRole: { 1: metadata, 2: ['rules', 'each:PolicyRule'], 3: ['aggregationRule', 'AggregationRule'] },
  AggregationRule: { 1: ['clusterRoleSelectors', 'each:LabelSelector'] },
  LabelSelector: { 1: ['matchLabels', 'map:text'], 2: ['matchExpressions', 'each:LabelSelectorRequirement'] },
  LabelSelectorRequirement: { 1: ['key', 'text'], 2: ['operator', 'text'], 3: ['values', 'each:text'] },
  PolicyRule: {
    1: ['verbs', 'each:text'],
    2: ['apiGroups', 'each:text'],
    3: ['resources', 'each:text'],
    4: ['resourceNames', 'each:text'],
    5: ['nonResourceURLs', 'each:text'],
  },
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  Subject: { 1: ['kind', 'text'], 2: ['apiGroup', 'text'], 3: ['name', 'text'], 4: ['namespace', 'text'] },
  RoleRef: { 1: ['apiGroup', 'text'], 2: ['kind', 'text'], 3: ['name', 'text'] },
  TokenRequest: review('TokenRequestSpec'),
  TokenRequestSpec: {
    1: ['audiences', 'each:text'],
    3: ['boundObjectRef', 'BoundObjectReference'],
    4: ['expirationSeconds', 'whole'],
  },
  BoundObjectReference: { 1: ['kind', 'text'], 2: ['apiVersion', 'text'], 3: ['name', 'text'], 4: ['uid', 'text'] },
  TokenReview: review('TokenReviewSpec'),
  TokenReviewSpec: { 1: ['token', 'text'], 2: ['audiences', 'each:text'] },
  SelfSubjectReview: { 1: metadata, 2: status },
  SubjectAccessReview: review('SubjectAccessReviewSpec'),
  LocalSubjectAccessReview: review('SubjectAccessReviewSpec'),
  SelfSubjectAccessReview: review('SubjectAccessReviewSpec'),
  SubjectAccessReviewSpec: {
    1: ['resourceAttributes', 'ResourceAttributes'],
    2: ['nonResourceAttributes', 'NonResourceAttributes'],
    3: ['user', 'text'],
    4: ['groups', 'each:text'],
    5: ['extra', 'map:ExtraValue'],
    6: ['uid', 'text'],
  },
  ExtraValue: { 1: ['items', 'each:text'] },
  ResourceAttributes: {
    1: ['namespace', 'text'],
    2: ['verb', 'text'],
    3: ['group', 'text'],
    4: ['version', 'text'],
    5: ['resource', 'text'],
    6: ['subresource', 'text'],
    7: ['name', 'text'],
  },
  NonResourceAttributes: { 1: ['path', 'text'], 2: ['verb', 'text'] },
  SelfSubjectRulesReview: review('SelfSubjectRulesReviewSpec'),
  SelfSubjectRulesReviewSpec: { 1: ['namespace', 'text'] },
  DeleteOptions: {
    1: ['gracePeriodSeconds', 'whole'],
    2: ['preconditions', 'Preconditions'],
    3: ['orphanDependents', 'flag'],
    4: ['propagationPolicy', 'text'],
    5: ['dryRun', 'each:text'],
  },
  Preconditions: { 1: ['uid', 'text'], 2: ['resourceVersion', 'text'] },
};
