import { VERSION } from '@oci-connector/runtime';
import { until } from '../../processes/until';
import { type Checks, expectEqual, expectParts } from '../checks';
import { type Registry } from '../registries';
import { connectorVolume } from './client-pods';
import { SYSTEM } from './helm';
import { applyJson, type InstalledCluster } from './installed-cluster';
import { IMAGE_REGISTRY } from './pod-images';
import { Pods } from './pods';
import { shareConnector, type SharedConnector } from './shared-connector';

const SHARED: SharedConnector = {
  connector: { namespace: 'restarts', name: 'registry' },
  pusher: { namespace: 'restarts', name: 'builder' },
};

const MOUNT = '/etc/connectors';
/** Seconds that the upload takes: longer than the restart of all replicas. */
const UPLOAD_SECONDS = 60;
const FOLLOWS_MS = 120_000;
const NAMESPACE = `--namespace=${SYSTEM}`;

/**
 * Asks for the tags each 50 ms over new and over kept connections, and uploads a blob slowly at the same time. Prints each failure, and
 * at the end the numbers.
 */
const SCRIPT = `
const https = require('node:https'), fs = require('node:fs'), crypto = require('node:crypto');
const { auths } = JSON.parse(fs.readFileSync('${MOUNT}/config.json', 'utf8'));
const [host, { auth }] = Object.entries(auths)[0];
const ca = fs.readFileSync('${MOUNT}/ca.crt');
const kept = new https.Agent({ keepAlive: true, ca }), fresh = new https.Agent({ keepAlive: false, ca });
const send = (method, path, agent, headers = {}, write) => new Promise((resolve, reject) => {
  const request = https.request({ host, method, path, agent, headers: { authorization: 'Basic ' + auth, ...headers } }, (response) => {
    response.on('data', () => {}).on('error', reject).on('end', () => resolve(response));
  });
  // As clients do: the proxy may close an idle connection in the moment in which a request is sent on it.
  request.on('error', (error) => request.reusedSocket && !write ? resolve(send(method, path, fresh, headers)) : reject(error));
  write ? write(request) : request.end();
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let requests = 0, failures = 0, over = false;
async function ask(agent, name) {
  while (!over) {
    requests += 1;
    try {
      const { statusCode } = await send('GET', '/v2/restarts/app/tags/list', agent);
      if (statusCode !== 200 && statusCode !== 404) throw new Error('status ' + statusCode);
    } catch (error) {
      failures += 1;
      console.log('FAILED', name, error.message);
    }
    await sleep(50);
  }
}
async function upload() {
  const chunk = crypto.randomBytes(1 << 20), hash = crypto.createHash('sha256');
  for (let n = 0; n < ${UPLOAD_SECONDS}; n++) hash.update(chunk);
  const begun = await send('POST', '/v2/restarts/app/blobs/uploads/', kept, { 'content-length': 0 });
  const { pathname, search } = new URL(begun.headers.location, 'https://' + host);
  const path = pathname + (search ? search + '&' : '?') + 'digest=sha256:' + hash.digest('hex');
  console.log('UPLOADING');
  const end = await send('PUT', path, fresh, { 'content-length': chunk.length * ${UPLOAD_SECONDS} }, async (request) => {
    for (let n = 0; n < ${UPLOAD_SECONDS}; n++) { request.write(chunk); await sleep(1000); }
    request.end();
  });
  console.log('UPLOADED', end.statusCode);
}
Promise.all([upload().finally(() => { over = true; }), ask(kept, 'kept connection'), ask(fresh, 'new connection')]).then(
  () => console.log('requests', requests, 'failures', failures),
  (error) => { console.log('FAILED', error.message); process.exitCode = 1; });
`;

/** Restarts all replicas of the proxy while a pod asks all the time and uploads a blob for a minute. */
export async function checkRollingRestart(checks: Checks, cluster: InstalledCluster, registry: Registry): Promise<void> {
  const { kubectl } = cluster;
  const pods = new Pods(cluster);
  await shareConnector(cluster, registry, SHARED);
  const { connector, pusher } = SHARED;
  const pod = { namespace: pusher.namespace, name: 'client' };
  await applyJson(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: pod,
      spec: {
        serviceAccountName: pusher.name,
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: `${IMAGE_REGISTRY}/connectors-controller:${VERSION}`,
            command: ['node', '-e', SCRIPT],
            volumeMounts: [{ name: 'connectors', mountPath: MOUNT, readOnly: true }],
          },
        ],
        volumes: [{ name: 'connectors', ...connectorVolume(`${connector.namespace}/${connector.name}`) }],
      },
    },
  ]);
  await checks.check('a rolling restart of the proxy: no request fails, and a running upload ends well', async () => {
    await until(FOLLOWS_MS, async () => expectParts(await pods.log(pod), ['UPLOADING']));
    await kubectl.run(['rollout', 'restart', 'deployment/connectors-proxy', NAMESPACE]);
    await kubectl.run(['rollout', 'status', 'deployment/connectors-proxy', NAMESPACE, '--timeout=120s']);
    const log = await pods.result(pod);
    expectEqual(
      log.split('\n').filter((line) => line.startsWith('FAILED')),
      [],
      'failures',
    );
    expectParts(log, ['UPLOADED 201']);
    process.stdout.write(`       ${log.trim().split('\n').at(-1)}\n`);
  });
  await pods.delete(pod);
}
