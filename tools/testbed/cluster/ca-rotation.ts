import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { PROXY_CA_KEYS } from '@oci-connector/connector-api';
import { ConfigMaps, Secrets } from '@oci-connector/kube';
import { until } from '../../processes/until';
import { expectEqual, type Checks } from '../checks';
import { CA_KEY, ageCa } from './aged-ca';
import { connectorVolume } from './client-pods';
import { type ClusterTests } from './cluster-tests';
import { SYSTEM } from './helm';
import { type PodDescription } from './pods';
import { CONNECTOR_HOST, PLATFORM, TEAM_A } from './tenants';

const MOUNT = '/etc/connectors';

/**
 * Time for which the controller publishes the next CA of the cluster before it signs. The kubelet calls the driver for each volume every
 * 10 to 15 seconds, see node-programs.ts; this is many times longer, because the machine may be busy.
 */
export const CA_PUBLICATION = '4m';

/**
 * Remaining lifetime of the first CA at the begin of the rotation, in milliseconds: the publication of the next one, and three minutes
 * in which the proxy, which reads the Secret every minute, signs with it.
 */
const REMAINING_MS = 7 * 60_000;

/** Limits for what is waited for, in milliseconds; no result depends on them. The longest wait is the one for the end of a rotation. */
const ROTATED_MS = 3 * REMAINING_MS;
const FOLLOWS_MS = 5 * 60_000;

/** Pushes new content all the time, both ways, with only the files of the volume, and prints the CAs that it trusted before each push. */
function podFor(host: string): PodDescription {
  return {
    namespace: TEAM_A.namespace,
    name: 'ca-rotation',
    serviceAccount: TEAM_A.name,
    image: 'crane',
    env: { DOCKER_CONFIG: MOUNT, SSL_CERT_FILE: `${MOUNT}/ca-bundle.crt` },
    volumes: { [MOUNT]: connectorVolume(`${PLATFORM.namespace}/${PLATFORM.name}`) },
    script: `
      push() {
        echo "$1 $(date)" >/tmp/content
        tar -C /tmp -cf /tmp/layer.tar content
        if output=$(crane append --oci-empty-base --new_layer /tmp/layer.tar --new_tag $2/${TEAM_A.namespace}/ca-rotation:$1 2>&1); then
          echo "PUSHED $1 $trusted"
        else
          echo "FAILED $1 $(date) $output" | tr '\\n' ' '
          echo
        fi
      }
      while true; do
        . ${MOUNT}/env.sh
        trusted=$(base64 ${MOUNT}/ca.crt | tr -d '\\n')
        push forward ${host}
        push reverse ${CONNECTOR_HOST}
        sleep 1
      done`,
  };
}

interface Rotation {
  readonly pod: PodDescription;
  /** The CA that signed before. */
  readonly first: string;
  /** The containers of the product. */
  readonly programs: readonly string[];
}

const rotations = new WeakMap<ClusterTests, Promise<Rotation>>();

/**
 * Begins a rotation of the proxy's CA while a pod pushes. It takes about seven minutes; other checks can run meanwhile, but none that
 * restarts the programs or the kubelet.
 */
export async function startCaRotation(tests: ClusterTests): Promise<void> {
  await begun(tests);
}

function begun(tests: ClusterTests): Promise<Rotation> {
  const rotation = rotations.get(tests) ?? begin(tests);
  rotations.set(tests, rotation);
  return rotation;
}

async function begin(tests: ClusterTests): Promise<Rotation> {
  const { cluster, pods, registry } = tests;
  const pod = podFor(registry.host);
  await pods.create(pod);
  await pods.phase(pod, ['Running']);
  const [first = ''] = await until(FOLLOWS_MS, () => lastPush(tests, pod));
  expectEqual(await issuerOf(tests), first, 'issuer of the certificate of the proxy');
  await ageCa(cluster.client, REMAINING_MS);
  return { pod, first, programs: await tests.cluster.containers() };
}

/** Checks the rotation that {@link startCaRotation} has begun, or begins it. */
export async function checkCaRotation(checks: Checks, tests: ClusterTests): Promise<void> {
  const { pod, first, programs } = await begun(tests);
  await checks.part('rotation of the CA', async () => {
    const second = await until(ROTATED_MS, async () => {
      const names = await publishedCas(tests);
      expectEqual(names.length === 1 && !names.includes(first), true, `${names.join(', ')} are the next CA alone`);
      return names.join();
    });
    await until(FOLLOWS_MS, () => podFollows(tests, pod));
    const log = await tests.pods.log(pod);
    await checks.check('the CA is rotated while a pod pushes both ways: no push fails', () => {
      expectEqual(linesOf(log, 'FAILED'), [], 'failed pushes');
      process.stdout.write(`       ${linesOf(log, 'PUSHED').length} pushes\n`);
    });
    await checks.check('the mounted CAs are first the old one, then both, then only the new one', () =>
      expectEqual(phasesIn(log), [[first], [first, second], [second, first], [second]], 'CAs before the pushes'),
    );
    await checks.check('the new CA signs the certificate of the proxy', async () =>
      expectEqual(await issuerOf(tests), second, 'issuer of the certificate'),
    );
    await checks.check('no program and no container was restarted while the CA was rotated', () => expectSame(tests, pod, programs));
  });
}

/**
 * Deletes the Secret of the CA, which is the way to replace a CA whose key may be compromised. Pushes may fail until the volume has the
 * next CA, so this comes after all checks of pods that may not fail.
 */
export async function checkCaDeletion(checks: Checks, tests: ClusterTests): Promise<void> {
  const { client } = tests.cluster;
  const { pod, programs } = await begun(tests);
  const before = await publishedCas(tests);
  await client.delete(Secrets, CA_KEY);
  await checks.check('the Secret of the CA is deleted: the controller makes and publishes another CA, and only this one', () =>
    until(FOLLOWS_MS, async () => {
      const { data } = await client.get(Secrets, CA_KEY);
      const next = namesIn(Buffer.from(data?.[PROXY_CA_KEYS.certificate] ?? '', 'base64').toString());
      expectEqual(await publishedCas(tests), next, 'published CAs');
      expectEqual(before.includes(next.join()), false, 'the CA is the earlier one');
    }),
  );
  await checks.check('the Secret of the CA was deleted: volume and proxy follow, and the pod pushes again', () =>
    until(FOLLOWS_MS, async () => {
      await podFollows(tests, pod);
      expectEqual([await issuerOf(tests)], await publishedCas(tests), 'issuer of the certificate of the proxy');
    }),
  );
  await checks.check('no program and no container was restarted while the CA was replaced', () => expectSame(tests, pod, programs));
  await tests.pods.delete(pod);
}

async function publishedCas({ cluster }: ClusterTests): Promise<string[]> {
  const { data } = await cluster.client.get(ConfigMaps, CA_KEY);
  return namesIn(data?.[PROXY_CA_KEYS.bundle] ?? '');
}

/** @throws Error when the pod has not pushed both ways yet with the CAs that are published */
async function podFollows(tests: ClusterTests, pod: PodDescription): Promise<void> {
  const published = await publishedCas(tests);
  for (const way of ['forward', 'reverse']) {
    expectEqual(await lastPush(tests, pod, way), published, `CAs before the last push, ${way}`);
  }
}

interface PodView {
  readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

async function expectSame(tests: ClusterTests, pod: PodDescription, programs: readonly string[]): Promise<void> {
  expectEqual(await tests.cluster.containers(), programs, 'containers of the product');
  const { status } = await tests.cluster.kubectl.get<PodView>(['pod', pod.name, `--namespace=${pod.namespace}`]);
  expectEqual(
    status.containerStatuses.map(({ restartCount }) => restartCount),
    [0],
    'restarts of the container',
  );
}

/** @returns the CAs that the pod trusted before its last push that succeeded */
async function lastPush({ pods }: ClusterTests, pod: PodDescription, way = 'reverse'): Promise<string[]> {
  const last = linesOf(await pods.log(pod), `PUSHED ${way}`).at(-1);
  if (last === undefined) {
    throw new Error(`no push of ${pod.name} has succeeded`);
  }
  return trustedIn(last);
}

function linesOf(log: string, word: string): string[] {
  return log.split('\n').filter((line) => line.startsWith(`${word} `));
}

/** Returns the CAs before each push, without repetitions. */
function phasesIn(log: string): string[][] {
  const all = linesOf(log, 'PUSHED').map((line) => JSON.stringify(trustedIn(line)));
  return all.filter((names, index) => names !== all[index - 1]).map((names) => JSON.parse(names) as string[]);
}

function trustedIn(line: string): string[] {
  return namesIn(Buffer.from(line.split(' ').at(-1) ?? '', 'base64').toString());
}

/** Returns the names of the certificates of a bundle. Each CA has another name. */
function namesIn(bundle: string): string[] {
  const certificates = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return certificates.map((text) => new X509Certificate(text).subject);
}

interface EndpointsView {
  readonly items: readonly {
    readonly endpoints: readonly { readonly addresses: readonly string[] }[];
    readonly ports: readonly PortView[];
  }[];
}

interface PortView {
  readonly name: string;
  readonly port: number;
}

/** Returns the issuer of the certificate that the proxy has for the Connector's host. */
async function issuerOf({ cluster }: ClusterTests): Promise<string> {
  const slices = ['endpointslices', '--selector=kubernetes.io/service-name=connectors-proxy-service', `--namespace=${SYSTEM}`];
  const [slice] = (await cluster.kubectl.get<EndpointsView>(slices)).items;
  const host = slice?.endpoints[0]?.addresses[0];
  const port = slice?.ports.find((one) => one.name === 'https')?.port ?? 0;
  return new Promise((resolve, reject) => {
    // The check looks at the certificate of any issuer; the pod verifies it.
    const socket = connect({ host, port, servername: CONNECTOR_HOST, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.issuer ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
