/** Values of the chart that a user may have, and what is wrong with others. */

const LABELS = { team: 'platform' };

const PLACED = {
  nodeSelector: { pool: 'infra' },
  tolerations: [{ key: 'infra', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] }],
      },
    },
  },
  podAnnotations: { 'example.com/scrape': 'true' },
  podLabels: LABELS,
  resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: 2, memory: '2Gi' } },
};

/** Values with which the chart must be valid on each version of Kubernetes. */
export const VALID_VALUES: Readonly<Record<string, object>> = {
  'no values': {},
  'a registry without access to the internet': {
    image: { registry: 'registry.internal:5000/mirror/oci-connector/', tag: 'v1', pullPolicy: 'Always', pullSecrets: ['pull'] },
  },
  'images by digest': Object.fromEntries(
    ['controller', 'proxy', 'csi'].map((program, index) => [program, { imageDigest: `sha256:${String(index).repeat(64)}` }]),
  ),
  'the driver in a namespace of its own': { csi: { namespace: 'connectors-csi' } },
  'Secrets of two namespaces only': { rbac: { secretNamespaces: ['team-a', 'team-b'], aggregateToDefaultRoles: false } },
  autoscaling: { proxy: { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 30, targetCPUUtilizationPercentage: 50 } } },
  'a load balancer': {
    externalURL: { http: 'http://proxy.example', https: 'https://proxy.example' },
    proxy: {
      service: {
        type: 'LoadBalancer',
        annotations: { 'example.com/internal': 'true' },
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        externalTrafficPolicy: 'Local',
        nodePorts: { http: 30080, https: 30443 },
      },
    },
  },
  'ports of the nodes': { proxy: { service: { type: 'NodePort' } } },
  'no policies, no class, no budgets': {
    networkPolicy: { enabled: false },
    admissionPolicy: { enabled: false },
    class: { enabled: false },
    controller: { podDisruptionBudget: { enabled: false } },
    proxy: { podDisruptionBudget: { enabled: false } },
  },
  'network policies for some peers': {
    networkPolicy: {
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      proxyFrom: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, { podSelector: {} }],
    },
  },
  'a private network': {
    clusterDomain: 'corp.internal',
    audiences: ['connectors-proxy', 'https://kubernetes.default.svc'],
    caBundle: { configMap: 'corporate-ca', key: 'bundle.pem' },
    egress: { allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: ['10.20.0.0/16', 'fd00::/8'] },
  },
  'where the pods run': {
    priorityClass: { create: true, value: 1000 },
    ...Object.fromEntries(['controller', 'proxy', 'csi'].map((program) => [program, PLACED])),
  },
  'replicas spread by force': {
    controller: { replicas: 1 },
    proxy: {
      replicas: 5,
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'connectors-proxy' } },
        },
      ],
    },
  },
  'settings of the programs': {
    settings: { OCI_CONNECTOR_LOG_LEVEL: 'debug' },
    controller: { leaseSeconds: 30, settings: { OCI_CONNECTOR_CONTROLLER_CONCURRENCY: 20 } },
    proxy: {
      drainDelaySeconds: 0,
      graceSeconds: 60,
      settings: { OCI_CONNECTOR_PROXY_OTHER_HOSTS: 'deny', OCI_CONNECTOR_PROXY_ACCEPT_GET_CONNECTORS: true },
    },
    csi: {
      kubeletDirectory: '/data/kubelet',
      tokenExpirationSeconds: 600,
      maxUnavailable: 1,
      settings: { OCI_CONNECTOR_CSI_VOLUME_SIZE: 8_388_608 },
    },
  },
  'all monitoring': {
    monitoring: {
      podMonitor: { enabled: true, labels: LABELS },
      prometheusRule: { enabled: true, labels: LABELS, runbookURL: 'https://docs.example/operations.html' },
      dashboard: { enabled: true },
    },
  },
};

/** Values that Helm must refuse, with a part of its message. */
export const INVALID_VALUES: readonly (readonly [values: object, message: string])[] = [
  [{ image: { registry: '' } }, 'set image.registry to the registry'],
  [{ controller: { leaseSeconds: 1 } }, "at '/controller/leaseSeconds': minimum: got 1, want 3"],
  [{ proxy: { replica: 2 } }, "at '/proxy': additional properties 'replica' not allowed"],
  [{ proxy: { replicas: 'two' } }, "at '/proxy/replicas': got string, want integer"],
  [{ image: { pullPolicy: 'Sometimes' } }, "at '/image/pullPolicy': value must be one of"],
  [{ audiences: [] }, "at '/audiences': minItems: got 0, want 1"],
  [{ csi: { tokenExpirationSeconds: 60 } }, "at '/csi/tokenExpirationSeconds': minimum: got 60, want 600"],
  [{ proxy: { settings: { OCI_CONNECTOR_PROXY_GRACE: '1h' } } }, "additional properties 'OCI_CONNECTOR_PROXY_GRACE' not allowed"],
  [{ settings: { OCI_CONNECTOR_LOGLEVEL: 'debug' } }, "at '/settings': additional properties 'OCI_CONNECTOR_LOGLEVEL' not allowed"],
  [{ egress: { allowCIDRs: '10.0.0.0/8' } }, "at '/egress/allowCIDRs': got string, want array"],
  [{ proxy: { service: { type: 'ExternalName' } } }, "at '/proxy/service/type': value must be one of"],
  [{ image: { registry: 'https://registry.example' } }, "at '/image/registry': 'https://registry.example' does not match pattern"],
  [{ image: { registry: 'registry.example/team', tag: 'v1:latest' } }, "at '/image/tag': 'v1:latest' does not match pattern"],
  [{ proxy: { imageDigest: 'sha256:abc' } }, "at '/proxy/imageDigest': 'sha256:abc' does not match pattern"],
  [{ externalURL: { https: 'http://proxy.example' } }, "at '/externalURL/https': 'http://proxy.example' does not match pattern"],
  [{ externalURL: { http: 'proxy.example' } }, "at '/externalURL/http': 'proxy.example' does not match pattern"],
  [{ egress: { allowCIDRs: ['10.0.0.0'] } }, "at '/egress/allowCIDRs/0': '10.0.0.0' does not match pattern"],
  [{ egress: { redirectCIDRs: ['10.0.0.0/8,fd00::/8'] } }, "at '/egress/redirectCIDRs/0': '10.0.0.0/8,fd00::/8' does not match pattern"],
  [{ audiences: ['one,two'] }, "at '/audiences/0': 'one,two' does not match pattern"],
  [{ rbac: { secretNamespaces: ['Team_A'] } }, "at '/rbac/secretNamespaces/0': 'Team_A' does not match pattern"],
  [{ csi: { namespace: 'Connectors' } }, "at '/csi/namespace': 'Connectors' does not match pattern"],
  [{ csi: { kubeletDirectory: 'var/lib/kubelet' } }, "at '/csi/kubeletDirectory': 'var/lib/kubelet' does not match pattern"],
  [{ csi: { maxUnavailable: '10' } }, "at '/csi/maxUnavailable': '10' does not match pattern"],
  [{ monitoring: { podMonitor: { interval: '30 seconds' } } }, "at '/monitoring/podMonitor/interval': '30 seconds' does not match pattern"],
  [{ monitoring: { prometheusRule: { runbookURL: 'docs' } } }, "at '/monitoring/prometheusRule/runbookURL': 'docs' does not match pattern"],
  [{ proxy: { autoscaling: { maxReplicas: 0 } } }, "at '/proxy/autoscaling/maxReplicas': minimum: got 0, want 1"],
  [{ proxy: { service: { nodePorts: { http: 70_000 } } } }, "at '/proxy/service/nodePorts/http': maximum: got 70,000, want 65,535"],
  [{ settings: { OCI_CONNECTOR_LOG_LEVEL: 'verbose' } }, "at '/settings/OCI_CONNECTOR_LOG_LEVEL': value must be one of"],
  [
    { proxy: { settings: { OCI_CONNECTOR_PROXY_OTHER_HOSTS: 'all' } } },
    "at '/proxy/settings/OCI_CONNECTOR_PROXY_OTHER_HOSTS': value must be one of",
  ],
  [
    { controller: { settings: { OCI_CONNECTOR_CONTROLLER_CONCURRENCY: 'many' } } },
    "at '/controller/settings/OCI_CONNECTOR_CONTROLLER_CONCURRENCY': 'many' does not match pattern",
  ],
  [
    { proxy: { settings: { OCI_CONNECTOR_PROXY_IDLE_TIMEOUT: 300 } } },
    "at '/proxy/settings/OCI_CONNECTOR_PROXY_IDLE_TIMEOUT': got number, want string",
  ],
  [
    { proxy: { settings: { OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS: '10.20.0.0' } } },
    "at '/proxy/settings/OCI_CONNECTOR_PROXY_OTHER_HOSTS_ALLOW_CIDRS': '10.20.0.0' does not match pattern",
  ],
];
