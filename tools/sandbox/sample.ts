import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { type NewObject } from '@oci-connector/kube';
import { roleBinding } from '../installation/role-binding';
import { type Pod } from '../kubelet/published-volume';

/** The names that the sample uses. */
export const SAMPLE = {
  connector: { namespace: 'default', name: 'sample' },
  secret: 'sample-registry',
  serviceAccount: { namespace: 'default', name: 'ci' },
  repository: 'demo/hello',
  tag: 'v1',
  pod: { namespace: 'default', name: 'client', volume: 'connectors', mountPath: '/etc/connectors' },
  /** The tag that is pushed with the files of the Pod's volume. */
  podTag: 'from-a-pod',
} as const;

/** Returns the manifests that a platform team would write for this registry. */
export function sampleManifests(address: string, trustedRealm: string): object[] {
  const { connector, secret, serviceAccount } = SAMPLE;
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...serviceAccount } },
    {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'Connector',
      metadata: { ...connector },
      spec: {
        connectorClassName: 'oci',
        address,
        auth: { name: 'tokenAuth', secretRef: { name: secret }, trustedRealms: [trustedRealm] },
      },
    },
    roleBinding({ namespace: connector.namespace, name: 'sample-ci-pushes' }, 'connectors-pusher', serviceAccount),
  ];
}

/** Returns a Pod that mounts a volume for the Connector, like the examples in deploy/examples/pods. */
export function samplePod(): NewObject<Pod> {
  const { connector, serviceAccount, pod, repository, tag } = SAMPLE;
  const image = `c-${connector.name}.${connector.namespace}.svc.cluster.local/${repository}:${tag}`;
  const crane = {
    name: 'crane',
    image: 'gcr.io/go-containerregistry/crane:latest',
    args: ['digest', image],
    env: [
      { name: 'DOCKER_CONFIG', value: pod.mountPath },
      { name: 'SSL_CERT_FILE', value: `${pod.mountPath}/ca-bundle.crt` },
    ],
    volumeMounts: [{ name: pod.volume, mountPath: pod.mountPath, readOnly: true }],
  };
  const csi = {
    driver: CSI_DRIVER_NAME,
    readOnly: true,
    volumeAttributes: { connectors: `${connector.namespace}/${connector.name}`, 'configuration.names': 'registry-config' },
  };
  const spec = {
    serviceAccountName: serviceAccount.name,
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    containers: [crane],
    volumes: [{ name: pod.volume, csi }],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: pod.namespace, name: pod.name }, spec };
}
