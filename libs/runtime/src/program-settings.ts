import { ArrayNotEmpty, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { Setting } from './settings';

export const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The settings that all programs share: logs, admin port, cluster, tokens. They must be equal within an installation. */
export class ProgramSettings {
  @Setting({
    name: 'OCI_CONNECTOR_LOG_LEVEL',
    kind: 'string',
    choices: LOG_LEVELS,
    description: 'Lowest level that is logged; silent logs nothing.',
  })
  @IsIn(LOG_LEVELS)
  logLevel = 'info';

  @Setting({
    name: 'OCI_CONNECTOR_ADMIN_HOST',
    kind: 'string',
    description: 'Listen address of /healthz, /readyz and /metrics. Empty: all addresses of the machine, IPv6 and IPv4.',
  })
  @IsString()
  adminHost = '';

  @Setting({
    name: 'OCI_CONNECTOR_ADMIN_PORT',
    kind: 'integer',
    description: 'Port of /healthz, /readyz and /metrics; 0 picks a free port.',
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
    description: 'Namespace of the installation, with its CA, sealing key, Lease and proxy Service.',
  })
  @Matches(DNS_NAME)
  namespace = 'connectors-system';

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
    description: 'Audiences of the ServiceAccount tokens that the proxy accepts; the controller publishes the first one in status.',
  })
  @Matches(/\S/, { each: true })
  @ArrayNotEmpty({ message: 'must name at least one audience' })
  audiences: string[] = ['connectors-proxy'];
}
