import { expectEqual, type Checks } from '../checks';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { type PodDescription } from './pods';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A } from './tenants';

const MOUNT = '/etc/connectors';

const USER = { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000 };

/** The expected mode, owner and group of the files. */
const CASES = [
  {
    name: 'with-group',
    context: { ...USER, fsGroup: 2000 },
    expected: '440 0 2000',
    title: 'with an fsGroup only that group can read the files',
  },
  { name: 'without-group', context: USER, expected: '444 0 0', title: 'without an fsGroup all users can read the files' },
] as const;

/** Runs pods that are not root, whose fsGroup the kubelet passes to the driver. Each reads and uses its files, and can change none. */
export async function checkUsers(checks: Checks, { pods, sourceDigest }: ClusterTests): Promise<void> {
  for (const { name, context, expected, title } of CASES) {
    await checks.check(title, async () => {
      const log = await pods.run({ ...POD, name, podSecurityContext: context });
      expectEqual(log.trim().split('\n'), ['uid 1000', expected, 'nothing changed', sourceDigest], 'output');
    });
  }
}

const POD: Omit<PodDescription, 'name'> = {
  namespace: TEAM_A.namespace,
  serviceAccount: TEAM_A.name,
  image: 'crane',
  env: { DOCKER_CONFIG: MOUNT, SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` },
  volumes: { [MOUNT]: connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) },
  // The pattern * does not match a name that begins with a dot.
  script: `
    echo "uid $(id -u)"
    cat ${MOUNT}/* ${MOUNT}/.env >/dev/null
    stat -L -c '%a %u %g' ${MOUNT}/* ${MOUNT}/.env | sort -u
    for file in new context.token; do
      if (echo x >${MOUNT}/$file) 2>/dev/null; then echo "wrote $file"; fi
    done
    echo 'nothing changed'
    crane digest ${CONNECTOR_HOST}/${SOURCE}`,
};
