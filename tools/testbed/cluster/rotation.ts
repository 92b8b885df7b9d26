import { expectEqual, type Checks } from '../checks';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A } from './tenants';
import { type PodDescription } from './pods';

/**
 * Pulls repeatedly with the files of the volume. Succeeds after the token has changed, the first token has expired, and another pull
 * has succeeded. Prints the times at which tokens expire, but no token.
 */
const SCRIPT = `
  expiry() {
    payload=$(cut -d. -f2 /etc/connectors/context.token | tr '_-' '/+')
    while [ $(( \${#payload} % 4 )) -ne 0 ]; do payload=$payload=; done
    echo "$payload" | base64 -d | grep -o '"exp":[0-9]*' | cut -d: -f2
  }
  first=$(expiry)
  echo "FIRST $first"
  rotated=
  while [ -z "$rotated" ] || [ $(date +%s) -le $first ]; do
    crane digest ${CONNECTOR_HOST}/${SOURCE} >/dev/null
    now=$(expiry)
    if [ -z "$rotated" ] && [ "$now" != "$first" ]; then rotated=$now; echo "ROTATED $(date +%s)"; fi
    sleep 5
  done
  echo "PULLED $(crane digest ${CONNECTOR_HOST}/${SOURCE})"`;

const POD: PodDescription = {
  namespace: TEAM_A.namespace,
  name: 'rotation',
  serviceAccount: TEAM_A.name,
  image: 'crane',
  env: { DOCKER_CONFIG: '/etc/connectors', SSL_CERT_FILE: '/etc/connectors/ca-bundle.crt' },
  volumes: { '/etc/connectors': connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) },
  script: SCRIPT,
};

/** Three lifetimes of the token, in milliseconds. The result does not depend on it; it only ends a pod that hangs. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Starts the pod whose token will change, which takes ten minutes; other checks can run meanwhile. Call it only after a restart of the
 * kubelet, which gives every pod another token immediately, and after an outage of the API server, because it would be unclear why a
 * token has changed shortly before.
 */
export async function startRotation({ pods }: ClusterTests): Promise<void> {
  await pods.create(POD);
}

/** Starts the pod, if it does not run yet, and checks its result. */
export async function checkRotation(checks: Checks, tests: ClusterTests): Promise<void> {
  const { pods, sourceDigest } = tests;
  await startRotation(tests);
  await checks.check('the kubelet renews a token of 600 s, and no pull of a pod fails', async () => {
    const log = await pods.result(POD, DEADLINE_MS);
    const value = (name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(log)?.[1] ?? '';
    process.stdout.write(`       renewed ${Number(value('FIRST')) - Number(value('ROTATED'))} s before it expired\n`);
    expectEqual(value('PULLED'), sourceDigest, 'digest of the pull after the first token had expired');
  });
}
