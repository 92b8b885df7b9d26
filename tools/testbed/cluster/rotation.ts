import { expectEqual, type Checks } from '../checks';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { CONNECTOR_HOST, PLATFORM, SOURCE, TEAM_A } from './tenants';
import { type PodDescription } from './pods';

/**
 * Pulls again and again with what is in the volume; ends well after it has seen another token, and the end of the first one's
 * life, and has gone on pulling. Prints when tokens expire, never a token.
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

/** Three lifetimes of the token: it never decides by time, but it ends. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Starts the pod that is to see its token change, which takes ten minutes; others go on meanwhile. Not before a restart of the
 * kubelet, which gives every pod another token at once, nor before an outage of the API server: nobody can tell whose token it is
 * that comes just before.
 */
export async function startRotation({ pods }: ClusterTests): Promise<void> {
  await pods.create(POD);
}

/** Waits for it; starts it when nobody has. */
export async function checkRotation(checks: Checks, tests: ClusterTests): Promise<void> {
  const { pods, sourceDigest } = tests;
  await startRotation(tests);
  await checks.check('the kubelet renews a token of 600 s, and a pod that pulls all the time does not notice', async () => {
    const log = await pods.result(POD, DEADLINE_MS);
    const value = (name: string): string => new RegExp(`^${name} (\\S+)$`, 'm').exec(log)?.[1] ?? '';
    process.stdout.write(`       renewed ${Number(value('FIRST')) - Number(value('ROTATED'))} s before it expired\n`);
    expectEqual(value('PULLED'), sourceDigest, 'what it pulled after its first token had expired');
  });
}
