import { type NamespacedName } from '../../installation/namespaced-name';
import { expectEqual, expectParts, type Checks } from '../checks';
import { type ClusterTests } from './cluster-tests';
import { CONNECTOR_HOST, SOURCE, TEAM_A, TEAM_B } from './tenants';
import { type PodDescription } from './pods';

/** A volume with a token of the pod for the proxy, which every pod can get without the driver. */
const TOKEN_VOLUME = {
  projected: { sources: [{ serviceAccountToken: { audience: 'connectors-proxy', expirationSeconds: 3600, path: 'token' } }] },
};

function cranePod(account: NamespacedName, name: string, commands: string): PodDescription {
  return {
    namespace: account.namespace,
    name,
    serviceAccount: account.name,
    image: 'crane',
    volumes: { '/token': TOKEN_VOLUME },
    script: `crane auth login ${CONNECTOR_HOST} -u any --password-stdin </token/token 2>&1\n${commands}`,
  };
}

/** Checks cluster DNS, Service addresses, the proxy and RBAC, over http and without a volume of the driver. */
export async function checkProjectedToken(checks: Checks, { pods, registry, sourceDigest }: ClusterTests): Promise<void> {
  await checks.check('a pod with a projected token pulls and pushes over http', async () => {
    const log = await pods.run(
      cranePod(
        TEAM_A,
        'projected-token',
        `crane pull --insecure --format=oci ${CONNECTOR_HOST}/${SOURCE} /tmp/image
         crane push --insecure /tmp/image ${CONNECTOR_HOST}/team/projected:v1`,
      ),
    );
    expectParts(log, [sourceDigest]);
    expectEqual(await registry.digest('team/projected:v1'), sourceDigest, 'digest in the registry');
  });
  await checks.check('the proxy refuses a pod without the role', async () => {
    const log = await pods.run(
      cranePod(TEAM_B, 'projected-token', `crane digest --insecure ${CONNECTOR_HOST}/${SOURCE} 2>&1 && exit 1 || true`),
    );
    expectParts(log, ['DENIED']);
  });
}
