import { IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { ProgramSettings, Setting, type Environment } from '@oci-connector/runtime';

/** The environment of this process; the one place of the program that looks at it. */
export const environment: Environment = process.env;

const MAX_PORT = 65_535;

const ABSOLUTE_PATH = /^\/(?!.*(\/\/|\/\.\.?(\/|$))).*[^/]$/;
const NOT_ABSOLUTE = 'must be an absolute path without //, /./, /../ and / at its end';

/** In place of a directory: the driver does not register itself. */
export const NOT_REGISTERED = 'none';

/** A file set is written beside the one before it, and holds the public certificate authorities (0.25 MiB): one set may have half. */
const MIN_VOLUME_SIZE = 1024 * 1024;

/** How volumes come to be: a tmpfs each, or the target directory itself, which needs no root and leaves the files on its disk. */
export const MOUNT_KINDS = ['tmpfs', 'directory'] as const;
export type MountKind = (typeof MOUNT_KINDS)[number];

/** What an operator may set on the CSI driver, beside what every program has. */
export class CsiSettings extends ProgramSettings {
  @Setting({
    name: 'OCI_CONNECTOR_CSI_KUBELET_DIRECTORY',
    kind: 'string',
    description: "The kubelet's --root-dir, at the same path inside the driver's container. Nothing outside it is ever written.",
  })
  @Matches(ABSOLUTE_PATH, { message: NOT_ABSOLUTE })
  kubeletDirectory = '/var/lib/kubelet';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_SOCKET',
    kind: 'string',
    description:
      "Path of the unix socket on which the kubelet calls; the kubelet has to see it at the same path. Empty: plugins/connectors-csi/csi.sock in the kubelet's directory.",
  })
  @Matches(new RegExp(`^$|${ABSOLUTE_PATH.source}`), { message: NOT_ABSOLUTE })
  socket = '';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY',
    kind: 'string',
    description:
      "Directory in which the kubelet looks for plugins: there the driver registers itself. Empty: plugins_registry in the kubelet's directory. none: it does not register, for trying things out without a kubelet.",
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
      'tmpfs: each volume is a tmpfs of its own, in memory. directory: files are written to the target directory; needs no root, for trying things out.',
  })
  @IsIn(MOUNT_KINDS)
  mount: MountKind = 'tmpfs';

  @Setting({
    name: 'OCI_CONNECTOR_CSI_VOLUME_SIZE',
    kind: 'integer',
    description:
      'Bytes that one volume may have. Memory is taken only for what is written; while files are exchanged, for both sets, so that one may have half.',
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
    description: 'The same for https.',
  })
  @IsInt()
  @Min(1)
  @Max(MAX_PORT)
  proxyHttpsPort = 443;

  @Setting({
    name: 'OCI_CONNECTOR_CSI_API_SERVER_HOSTS',
    kind: 'list',
    description:
      "Further hosts under which pods reach the API server, for no_proxy; kubernetes.default and the host of the driver's own connection are always there.",
  })
  @Matches(/^[A-Za-z0-9.:-]+$/, { each: true, message: 'must be a list of host names and addresses' })
  apiServerHosts: string[] = [];
}
