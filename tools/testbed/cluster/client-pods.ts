import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type PodDescription } from './pods';

/** The task of a client in a pod: to pull an image, and to push it under the client's own name. */
export interface ClientTask {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The Connector, in the form of `connectors` of the volume. */
  readonly connector: string;
  /** Host of the Connector. */
  readonly host: string;
  /** Repository and tag of the image to pull. */
  readonly source: string;
}

/** A client that is used as documented: it reads everything from the volume, and prints `PULLED DIGEST` and `PUSHED DIGEST`. */
export interface PodClient {
  readonly name: string;
  /** Whether the client builds on the pulled image, so that it pushes another image. */
  readonly builds?: boolean;
  pod(task: ClientTask): PodDescription;
}

const MOUNT = '/etc/connectors';

/** Returns repository and tag that a client pushes. */
export function targetOf(client: PodClient): string {
  return `team/${client.name}:v1`;
}

/** Returns a volume of the driver. */
export function connectorVolume(connectors: string, attributes: Readonly<Record<string, string>> = {}): object {
  return {
    csi: {
      driver: CSI_DRIVER_NAME,
      readOnly: true,
      volumeAttributes: { connectors, 'configuration.names': 'registry-config', ...attributes },
    },
  };
}

/** Prints the first digest of its input. */
export const PRINT_DIGEST = "grep -o 'sha256:[0-9a-f]*' | head -n 1";

/**
 * Returns the digest that a pod printed after a word.
 *
 * @throws Error with the log, when it did not
 */
export function digestPrinted(log: string, word: 'PULLED' | 'PUSHED'): string {
  const digest = new RegExp(`^${word} (sha256:[0-9a-f]{64})$`, 'm').exec(log)?.[1];
  if (!digest) {
    throw new Error(`the pod did not print ${word} and a digest: ${log}`);
  }
  return digest;
}

const crane: PodClient = {
  name: 'crane',
  pod: (task) => ({
    ...common(task, crane),
    env: { DOCKER_CONFIG: MOUNT, SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` },
    volumes: { [MOUNT]: connectorVolume(task.connector) },
    script: `
      crane pull --format=oci ${task.host}/${task.source} /tmp/image
      echo PULLED $(cat /tmp/image/index.json | ${PRINT_DIGEST})
      echo PUSHED $(crane push /tmp/image ${task.host}/${targetOf(crane)} | ${PRINT_DIGEST})`,
  }),
};

const oras: PodClient = {
  name: 'oras',
  pod: (task) => ({
    ...common(task, oras),
    env: { DOCKER_CONFIG: MOUNT },
    volumes: { [MOUNT]: connectorVolume(task.connector) },
    script: `
      ca=${MOUNT}/ca.crt
      oras copy --from-ca-file $ca --to-oci-layout ${task.host}/${task.source} /tmp/image:v1
      echo PULLED $(oras resolve --oci-layout /tmp/image:v1)
      oras copy --from-oci-layout --to-ca-file $ca /tmp/image:v1 ${task.host}/${targetOf(oras)}
      echo PUSHED $(oras resolve --ca-file $ca ${task.host}/${targetOf(oras)})`,
  }),
};

const skopeo: PodClient = {
  name: 'skopeo',
  pod: (task) => ({
    ...common(task, skopeo),
    volumes: { [MOUNT]: connectorVolume(task.connector) },
    script: `
      skopeo copy --authfile ${MOUNT}/config.json --src-cert-dir ${MOUNT} docker://${task.host}/${task.source} oci:/tmp/image:v1
      echo PULLED $(cat /tmp/image/index.json | ${PRINT_DIGEST})
      skopeo copy --authfile ${MOUNT}/config.json --dest-cert-dir ${MOUNT} --digestfile /tmp/digest oci:/tmp/image:v1 docker://${task.host}/${targetOf(skopeo)}
      echo PUSHED $(cat /tmp/digest)`,
  }),
};

const buildah: PodClient = {
  name: 'buildah',
  pod: (task) => {
    // buildah finds the CA of a volume that is mounted in certs.d.
    const mount = `/etc/containers/certs.d/${task.host}`;
    return {
      ...common(task, buildah),
      env: { REGISTRY_AUTH_FILE: `${mount}/config.json`, STORAGE_DRIVER: 'vfs' },
      volumes: { [mount]: connectorVolume(task.connector), '/var/lib/containers': { emptyDir: {} } },
      script: `
        image=$(buildah pull --quiet ${task.host}/${task.source})
        echo PULLED $(buildah images --digests --format '{{.Digest}}')
        buildah push --format oci --digestfile /tmp/digest $image docker://${task.host}/${targetOf(buildah)}
        echo PUSHED $(cat /tmp/digest)`,
    };
  },
};

/** Returns the client buildctl, which builds on the image with a buildkitd that the volume configures. */
function buildkit(name: string, params: Readonly<Record<string, string>>): PodClient {
  const client: PodClient = {
    name,
    builds: true,
    pod: (task) => ({
      ...common(task, client),
      image: 'buildctl',
      env: { DOCKER_CONFIG: '/etc/buildkit' },
      volumes: {
        '/etc/buildkit': connectorVolume(task.connector, { 'configuration.names': 'registry-config,buildkitd', ...params }),
        '/var/lib/buildkit': { emptyDir: {} },
      },
      securityContext: { privileged: true },
      script: `
        buildkitd --config /etc/buildkit/buildkitd.toml >/tmp/buildkitd.log 2>&1 &
        until buildctl debug workers >/dev/null 2>&1; do
          kill -0 $! || { cat /tmp/buildkitd.log; exit 1; }
          sleep 0.2
        done
        mkdir /tmp/context && cd /tmp/context
        printf 'FROM ${task.host}/${task.source}\\nCOPY Dockerfile /\\n' >Dockerfile
        buildctl build --progress plain --frontend dockerfile.v0 --local context=. --local dockerfile=. --metadata-file /tmp/metadata \\
          --output type=image,name=${task.host}/${targetOf(client)},push=true || { cat /tmp/buildkitd.log; exit 1; }
        echo PUSHED $(grep containerimage.digest /tmp/metadata | ${PRINT_DIGEST})`,
    }),
  };
  return client;
}

function common(
  { namespace, serviceAccount }: ClientTask,
  { name }: PodClient,
): Pick<PodDescription, 'namespace' | 'name' | 'serviceAccount' | 'image'> {
  return { namespace, serviceAccount, name, image: name };
}

export const POD_CLIENTS: readonly PodClient[] = [
  crane,
  oras,
  skopeo,
  buildah,
  buildkit('buildkit', {}),
  buildkit('buildkit-tls', { 'configuration.params': '{"buildkitd": {"tls": "true"}}' }),
];
