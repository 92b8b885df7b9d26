import { ArrayNotEmpty, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { Setting } from './settings';

const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const CIDR = /^[0-9a-fA-F.:]+\/\d{1,3}$/;

/** What every program of an installation must agree on, and what every program has: logs and an admin port. */
export class InstallationSettings {
  @Setting({
    name: 'OCI_CONNECTOR_LOG_LEVEL',
    kind: 'string',
    description: 'Least level that is logged: trace, debug, info, warn, error or fatal.',
  })
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  logLevel = 'info';

  @Setting({
    name: 'OCI_CONNECTOR_ADMIN_HOST',
    kind: 'string',
    description: 'Address on which /healthz, /readyz and /metrics are served.',
  })
  @IsString()
  adminHost = '0.0.0.0';

  @Setting({
    name: 'OCI_CONNECTOR_ADMIN_PORT',
    kind: 'integer',
    description: 'Port on which /healthz, /readyz and /metrics are served; 0 picks a free one.',
  })
  @IsInt()
  @Min(0)
  @Max(65535)
  adminPort = 9090;

  @Setting({
    name: 'OCI_CONNECTOR_KUBECONFIG',
    kind: 'string',
    description: 'Path of a kubeconfig file. Empty: $KUBECONFIG, else ~/.kube/config, else the ServiceAccount of the pod, as kubectl does.',
  })
  @IsString()
  kubeconfig = '';

  @Setting({
    name: 'OCI_CONNECTOR_NAMESPACE',
    kind: 'string',
    description: 'Namespace of the installation: its CA, sealing key, Lease and proxy Service live there.',
  })
  @Matches(DNS_NAME)
  namespace = 'connectors-system';

  @Setting({
    name: 'OCI_CONNECTOR_PROXY_SERVICE',
    kind: 'string',
    description: 'Name of the Service of the proxy in the namespace of the installation.',
  })
  @Matches(DNS_NAME)
  proxyService = 'connectors-proxy-service';

  @Setting({
    name: 'OCI_CONNECTOR_CLUSTER_DOMAIN',
    kind: 'string',
    description: 'DNS domain of the cluster.',
  })
  @Matches(DNS_NAME)
  clusterDomain = 'cluster.local';

  @Setting({
    name: 'OCI_CONNECTOR_AUDIENCES',
    kind: 'list',
    description:
      'Audiences of the ServiceAccount tokens that the proxy accepts; the first is the one it asks for and publishes in status.',
  })
  @Matches(/\S/, { each: true })
  @ArrayNotEmpty({ message: 'must name at least one audience' })
  audiences: string[] = ['connectors-proxy'];

  @Setting({
    name: 'OCI_CONNECTOR_EXTERNAL_HTTP_URL',
    kind: 'string',
    description: 'Base URL under which clients reach the http listener from outside the cluster, for example http://localhost:8080. Empty: only the Services.',
  })
  @Matches(/^(http:\/\/[^/?#@\s]+)?$/, { message: 'must look like http://HOST[:PORT], with no path' })
  externalHttpUrl = '';

  @Setting({
    name: 'OCI_CONNECTOR_EXTERNAL_HTTPS_URL',
    kind: 'string',
    description: 'The same for the https listener, for example https://registry-proxy.example.com.',
  })
  @Matches(/^(https:\/\/[^/?#@\s]+)?$/, { message: 'must look like https://HOST[:PORT], with no path' })
  externalHttpsUrl = '';

  @Setting({
    name: 'OCI_CONNECTOR_CA_BUNDLE',
    kind: 'string',
    description: 'Path of a PEM file with further certificate authorities that registries may be signed by, beside the system roots.',
  })
  @IsString()
  caBundle = '';

  @Setting({
    name: 'OCI_CONNECTOR_EGRESS_ALLOW_CIDRS',
    kind: 'list',
    description:
      'Address ranges that may be contacted although they are refused by default (loopback, link-local, the API server, own Services), for example 127.0.0.1/32.',
  })
  @Matches(CIDR, { each: true, message: 'must be a list of ranges like 127.0.0.1/32 or ::1/128' })
  egressAllowCidrs: string[] = [];

  @Setting({
    name: 'OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS',
    kind: 'list',
    description: 'Private address ranges to which a registry may redirect on a host other than its own, for example 10.20.0.0/16 for an object store.',
  })
  @Matches(CIDR, { each: true, message: 'must be a list of ranges like 10.20.0.0/16' })
  egressRedirectCidrs: string[] = [];
}
