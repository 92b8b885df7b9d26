import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CSI_DRIVER_NAME } from '@oci-connector/connector-api';
import { roleBinding } from '../../installation/role-binding';
import { workspaceRoot } from '../../processes/workspace';
import { expectEqual, expectParts, type Checks } from '../checks';
import { connectorVolume, digestPrinted, PRINT_DIGEST } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { applyJson } from './installed-cluster';
import { type PodDescription } from './pods';
import { SAMPLE } from './shared-connector';
import { PLATFORM, SOURCE, TEAM_A } from './tenants';

/** The lines of the requirement with which a pod uses the forward proxy. */
const REQUIREMENT = path.join(workspaceRoot, 'tools/testbed/requirement/forward-proxy.sh');

const MOUNT = '/etc/connectors';

/** The ServiceAccount in the namespace of {@link SAMPLE}. */
const ACCOUNT = { namespace: SAMPLE.connector.namespace, name: 'builder' } as const;

interface ForwardPod {
  /** Where the pod is, and its volume. */
  readonly pod: Omit<PodDescription, 'name' | 'image' | 'script'>;
  /** Sets the variables of the proxy. */
  readonly setUp: string;
  readonly title: string;
}

/** Runs pods that use the registry's own name, which they cannot resolve, and only the files of a volume. */
export async function checkForwardProxy(checks: Checks, tests: ClusterTests): Promise<void> {
  await applyJson(tests.cluster, [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: ACCOUNT },
    roleBinding({ namespace: ACCOUNT.namespace, name: 'builder-pushes' }, 'connectors-pusher', ACCOUNT),
  ]);
  for (const { pod, setUp, title } of [await requirementPod(), platformPod()]) {
    for (const client of [crane, skopeo]) {
      const { image, commands } = client(tests.registry.host, `${pod.namespace}/forward`);
      await checks.check(`${title}: ${image} pulls and pushes`, () =>
        checkClient(tests, { ...pod, name: `forward-${image}`, image, script: `${setUp}\n${commands}` }),
      );
    }
  }
  await checkOtherHosts(checks, tests);
}

/** Returns a pod with the lines of the requirement. They print the token, so their output is discarded. */
async function requirementPod(): Promise<ForwardPod> {
  const lines = (await readFile(REQUIREMENT, 'utf8')).replaceAll('/{mount-path}', MOUNT);
  const csi = { driver: CSI_DRIVER_NAME, readOnly: true, volumeAttributes: { 'connector.name': SAMPLE.connector.name } };
  return {
    pod: { namespace: ACCOUNT.namespace, serviceAccount: ACCOUNT.name, env: ENVIRONMENT, volumes: { [MOUNT]: { csi } } },
    setUp: `{\n${lines}} >/dev/null`,
    title: "the requirement's export lines",
  };
}

const ENVIRONMENT = { SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` };

/** Returns a pod of another namespace than the Connector's, with the lines of the documentation. */
function platformPod(): ForwardPod {
  const volumes = { [MOUNT]: connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) };
  return {
    pod: { namespace: TEAM_A.namespace, serviceAccount: TEAM_A.name, env: ENVIRONMENT, volumes },
    setUp: `. ${MOUNT}/env.sh`,
    title: "env.sh, through another namespace's Connector",
  };
}

type ForwardClient = (host: string, target: string) => { readonly image: string; readonly commands: string };

const crane: ForwardClient = (host, target) => ({
  image: 'crane',
  commands: `
    crane pull --format=oci ${host}/${SOURCE} /tmp/image
    echo PULLED $(cat /tmp/image/index.json | ${PRINT_DIGEST})
    echo PUSHED $(crane push /tmp/image ${host}/${target}:crane | ${PRINT_DIGEST})`,
});

const skopeo: ForwardClient = (host, target) => ({
  image: 'skopeo',
  commands: `
    skopeo copy docker://${host}/${SOURCE} oci:/tmp/image:v1
    echo PULLED $(cat /tmp/image/index.json | ${PRINT_DIGEST})
    skopeo copy --digestfile /tmp/digest oci:/tmp/image:v1 docker://${host}/${target}:skopeo
    echo PUSHED $(cat /tmp/digest)`,
});

async function checkClient({ pods, registry, sourceDigest }: ClusterTests, pod: PodDescription): Promise<void> {
  const log = await pods.run(pod);
  expectEqual(digestPrinted(log, 'PULLED'), sourceDigest, 'digest of the pulled image');
  expectEqual(await registry.digest(`${pod.namespace}/forward:${pod.image}`), digestPrinted(log, 'PUSHED'), 'digest in the registry');
}

/** Checks the default policy for hosts of no Connector: tunnels to public addresses, and none into the cluster. */
async function checkOtherHosts(checks: Checks, { pods, open, sourceDigest }: ClusterTests): Promise<void> {
  const { pod } = platformPod();
  const run = (name: string, script: string): Promise<string> =>
    pods.run({ ...pod, name, image: 'crane', env: { REGISTRY_CA: open.ca }, script: `. ${MOUNT}/env.sh\n${script}` });
  await checks.check('a host of no Connector with a public address is reached without inspection', async () => {
    const log = await run(
      'forward-public',
      `echo "$REGISTRY_CA" >/tmp/ca.crt
      SSL_CERT_FILE=/tmp/ca.crt crane digest ${open.host}/${SOURCE}`,
    );
    expectEqual(log.trim(), sourceDigest, 'digest');
  });
  await checks.check('a host in the cluster is refused, and the client shows why', async () => {
    const log = await run(
      'forward-cluster',
      `export no_proxy=localhost NO_PROXY=localhost
      if crane digest kubernetes.default.svc/${SOURCE} 2>&1; then exit 1; fi`,
    );
    expectParts(log, ['is a name of the cluster']);
  });
}
