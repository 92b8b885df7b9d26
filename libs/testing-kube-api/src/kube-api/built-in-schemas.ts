import { type Schema } from './schema';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer' };
const any: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const bytes: Schema = { type: 'string', format: 'byte' };
const intOrString: Schema = { 'x-kubernetes-int-or-string': true };
const texts: Schema = listOf(text);
const textMap: Schema = mapOf(text);
const status: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

function mapOf(additionalProperties: Schema): Schema {
  return { type: 'object', additionalProperties };
}

function fields(properties: Record<string, Schema>): Schema {
  return { type: 'object', properties };
}

const objectReference = fields({
  apiVersion: text,
  kind: text,
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  fieldPath: text,
});

const policyRule = fields({
  verbs: texts,
  apiGroups: texts,
  resources: texts,
  resourceNames: texts,
  nonResourceURLs: texts,
});

const binding = fields({
  subjects: listOf(fields({ kind: text, apiGroup: text, name: text, namespace: text })),
  roleRef: fields({ apiGroup: text, kind: text, name: text }),
});

const resourceAttributes = fields({
  namespace: text,
  verb: text,
  group: text,
  version: text,
  resource: text,
  subresource: text,
  name: text,
  fieldSelector: any,
  labelSelector: any,
});

const nonResourceAttributes = fields({ path: text, verb: text });

const subjectAccessReview = fields({
  spec: fields({
    resourceAttributes,
    nonResourceAttributes,
    user: text,
    groups: texts,
    uid: text,
    extra: mapOf(texts),
  }),
  status,
});

const servicePort = fields({
  name: text,
  protocol: text,
  appProtocol: text,
  port: whole,
  targetPort: intOrString,
  nodePort: whole,
});

const labelSelector = fields({
  matchLabels: textMap,
  matchExpressions: listOf(fields({ key: text, operator: text, values: texts })),
});

/**
 * Complete schemas of the built-in types that the product's programs write, so that a misspelt field is refused as by a real
 * server. Types without an entry keep any field.
 */
export const builtInSchemas: Readonly<Record<string, Schema>> = {
  Namespace: fields({ spec: fields({ finalizers: texts }), status }),
  Secret: fields({ type: text, data: mapOf(bytes), stringData: textMap, immutable: flag }),
  ConfigMap: fields({ data: textMap, binaryData: mapOf(bytes), immutable: flag }),
  ServiceAccount: fields({
    automountServiceAccountToken: flag,
    imagePullSecrets: listOf(fields({ name: text })),
    secrets: listOf(objectReference),
  }),
  Service: fields({
    spec: fields({
      type: text,
      externalName: text,
      selector: textMap,
      ports: listOf(servicePort),
      clusterIP: text,
      clusterIPs: texts,
      externalIPs: texts,
      ipFamilies: texts,
      ipFamilyPolicy: text,
      sessionAffinity: text,
      sessionAffinityConfig: any,
      internalTrafficPolicy: text,
      externalTrafficPolicy: text,
      trafficDistribution: text,
      healthCheckNodePort: whole,
      allocateLoadBalancerNodePorts: flag,
      loadBalancerClass: text,
      loadBalancerIP: text,
      loadBalancerSourceRanges: texts,
      publishNotReadyAddresses: flag,
    }),
    status,
  }),
  Event: fields({
    involvedObject: objectReference,
    related: objectReference,
    type: text,
    reason: text,
    message: text,
    action: text,
    count: whole,
    source: fields({ component: text, host: text }),
    reportingComponent: text,
    reportingInstance: text,
    firstTimestamp: text,
    lastTimestamp: text,
    eventTime: text,
    series: fields({ count: whole, lastObservedTime: text }),
  }),
  Lease: fields({
    spec: fields({
      holderIdentity: text,
      leaseDurationSeconds: whole,
      acquireTime: text,
      renewTime: text,
      leaseTransitions: whole,
      preferredHolder: text,
      strategy: text,
    }),
  }),
  Role: fields({ rules: listOf(policyRule) }),
  ClusterRole: fields({
    rules: listOf(policyRule),
    aggregationRule: fields({ clusterRoleSelectors: listOf(labelSelector) }),
  }),
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  TokenReview: fields({ spec: fields({ token: text, audiences: texts }), status }),
  SubjectAccessReview: subjectAccessReview,
  LocalSubjectAccessReview: subjectAccessReview,
  SelfSubjectAccessReview: fields({ spec: fields({ resourceAttributes, nonResourceAttributes }), status }),
  SelfSubjectRulesReview: fields({ spec: fields({ namespace: text }), status }),
  SelfSubjectReview: fields({ status }),
  TokenRequest: fields({
    spec: fields({
      audiences: texts,
      expirationSeconds: whole,
      boundObjectRef: fields({ kind: text, apiVersion: text, name: text, uid: text }),
    }),
    status,
  }),
};
