import { IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { ProgramSettings, Setting, type Environment } from '@oci-connector/runtime';

/** The environment of this process. Only this file reads it. */
export const environment: Environment = process.env;

const MAX_PORT = 65_535;

const ABSOLUTE_PATH = /^\/(?!.*(\/\/|\/\.\.?(\/|$))).*[^/]$/;
const NOT_ABSOLUTE = 'must be an absolute path without //, /./, /../ and / at its end';

/** Value of the setting instead of a directory: the driver does not register itself. */
export const NOT_REGISTERED = 'none';

/**
 * In bytes. A new set of files is written next to the old one, so one set may use half of the volume. Each set contains the public
 * certificate authorities (0.25 MiB), perhaps also as a truststore (0.2 MiB).
 */
const MIN_VOLUME_SIZE = 1024 * 1024;

/** How volumes are created: a tmpfs for each; or files in the target directory, which needs no root but stores them on a disk. */
export const MOUNT_KINDS = ['tmpfs', 'directory'] as const;
export type MountKind = (typeof MOUNT_KINDS)[number];

/** The settings of the CSI driver, in addition to those of every program. */
export class CsiSettings extends ProgramSettings {
  @Setting({
    name: 'OCI_CONNECTOR_CSI_KUBELET_DIRECTORY',
    kind: 'string',
    description: "The kubelet's --root-dir, at the same path inside the driver's container. The driver writes nothing outside it.",
  })
  @Matches(ABSOLUTE_PATH, { message: NOT_ABSOLUTE })
  kubeletDirectory = '/var/lib/kubelet';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_SOCKET',
    kind: 'string',
    description:
      "Path of the unix socket that the kubelet calls; the kubelet must see it at the same path. Empty: plugins/connectors-csi/csi.sock in the kubelet's directory.",
  })
  @Matches(new RegExp(`^$|${ABSOLUTE_PATH.source}`), { message: NOT_ABSOLUTE })
  socket = '';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY',
    kind: 'string',
    description:
      "Directory in which the kubelet looks for plugins, and in which the driver registers itself. Empty: plugins_registry in the kubelet's directory. none: the driver does not register itself, for tests without a kubelet.",
  })
  @Matches(new RegExp(`^$|^${NOT_REGISTERED}$|${ABSOLUTE_PATH.source}`), { message: `${NOT_ABSOLUTE}, or ${NOT_REGISTERED}` })
  registrationDirectory = '';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_NODE_NAME',
    kind: 'string',
    description: 'Name of the node, as spec.nodeName of its pods. Empty: the host name.',
  })
  @IsString()
  nodeName = '';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_MOUNT',
    kind: 'string',
    description:
      'tmpfs: each volume is a tmpfs of its own, in memory. directory: files are written to the target directory, which needs no root, for tests.',
  })
  @IsIn(MOUNT_KINDS)
  mount: MountKind = 'tmpfs';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_VOLUME_SIZE',
    kind: 'integer',
    description:
      'Size of one volume, in bytes. Only written files use memory. While files are replaced, the volume contains the old and the new ones, so one set may use half.',
  })
  @IsInt()
  @Min(MIN_VOLUME_SIZE)
  volumeSize = 4 * 1024 * 1024;

  @Setting({
    name: 'OCI_CONNECTOR_CSI_PROXY_HTTP_PORT',
    kind: 'integer',
    description: "Port of the proxy's Service for http, for the addresses in rendered files.",
  })
  @IsInt()
  @Min(1)
  @Max(MAX_PORT)
  proxyHttpPort = 80;

  @Setting({
    name: 'OCI_CONNECTOR_CSI_PROXY_HTTPS_PORT',
    kind: 'integer',
    description: "Port of the proxy's Service for https, for the addresses in rendered files.",
  })
  @IsInt()
  @Min(1)
  @Max(MAX_PORT)
  proxyHttpsPort = 443;

  @Setting({
    name: 'OCI_CONNECTOR_CSI_API_SERVER_HOSTS',
    kind: 'list',
    description:
      "Further hosts by which pods reach the API server, for no_proxy. It always contains kubernetes.default and the host of the driver's own connection.",
  })
  @Matches(/^[A-Za-z0-9.:-]+$/, { each: true, message: 'must be a list of host names and addresses' })
  apiServerHosts: string[] = [];
}
