import { randomBytes } from 'node:crypto';
import { Administrator } from './administrator';
import { answerOf, sendAnswer } from './api-answer';
import { Authentication } from './authentication';
import { BOOTSTRAP_OBJECTS } from './bootstrap';
import { type Cluster } from './cluster';
import { startControllers } from './controllers';
import { FaultHooks } from './fault-hooks';
import { GarbageCollector } from './garbage-collector';
import { handleRequest } from './handle-request';
import { type KubeApiOptions } from './kube-api-options';
import { type KubeApiServer, type KubeconfigUser, type ServiceAccountTokenOptions } from './kube-api-server';
import { formatKubeconfig } from './kubeconfig';
import { Listener } from './listener';
import { ListSnapshots } from './list-snapshots';
import { readManifests } from './load-crds';
import { ObjectStore } from './object-store';
import { Rbac } from './rbac';
import { RequestLog } from './request-log';
import { ResourceCatalog } from './resource-catalog';
import { ServiceAccountTokens } from './service-account-tokens';
import { SYSTEM_MASTERS } from './user-info';
import { Watches } from './watch-stream';

const ADMIN = 'kubernetes-admin';

const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  issuer: 'https://kubernetes.default.svc.cluster.local',
  minimumTokenSeconds: 600,
  historySize: 10_000,
  bookmarkIntervalMs: 10_000,
};

/**
 * Starts the embedded Kubernetes API, and resolves when it listens.
 *
 * @throws ApiError when a CustomResourceDefinition or object is invalid, or when a CEL rule cannot be evaluated
 */
export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApiServer> {
  const adminToken = options.adminToken ?? randomBytes(24).toString('base64url');
  const cluster = createCluster(options, adminToken);
  const watches = new Watches();
  const stopControllers = startControllers(cluster, (resource) => watches.endFor(resource));
  const collector = new GarbageCollector(cluster.store, cluster.catalog, cluster.clock);
  const administrator = fill(cluster, options);

  const { host = DEFAULTS.host, port = DEFAULTS.port, tls } = options;
  const log = new RequestLog();
  const listener: Listener = new Listener({
    host,
    port,
    tls,
    onRequest: (request, response) => {
      handleRequest(request, response, context).catch((error: unknown) => {
        const answer = answerOf(error);
        if (!('watch' in answer) && !response.headersSent) {
          sendAnswer(response, answer);
        } else {
          response.destroy();
        }
      });
    },
  });
  const faults = new FaultHooks({
    stopListening: () => listener.close(),
    startListening: () => listener.open(),
    dropWatches: () => watches.dropAll(),
    expireHistory: () => cluster.store.forgetHistory(),
    sendBookmarks: () => watches.sendBookmarks(),
  });
  const { bookmarkIntervalMs = DEFAULTS.bookmarkIntervalMs } = options;
  const context = { cluster, faults, log, watches, bookmarkIntervalMs };
  await listener.open();

  const issueToken = (wanted: ServiceAccountTokenOptions): string => issue(cluster, administrator, wanted);
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
  return {
    url,
    port: listener.port,
    ca: tls?.ca,
    adminToken,
    faults,
    requests: log,
    kubeconfig: (user = 'admin') => formatKubeconfig({ url, ca: tls?.ca, ...userOf(user, adminToken, issueToken) }),
    close: async () => {
      stopControllers();
      collector.stop();
      faults.clear();
      await listener.close();
    },
    apply: (object) => administrator.apply(object),
    applyYaml: (text) => administrator.applyYaml(text),
    applyStatus: (address, status) => administrator.applyStatus(address, status),
    get: (address) => administrator.get(address),
    list: (type) => administrator.list(type),
    delete: (address) => administrator.delete(address),
    issueToken,
  };
}

function createCluster(options: KubeApiOptions, adminToken: string): Cluster {
  const { clock = Date.now, issuer = DEFAULTS.issuer, users = [] } = options;
  const store = new ObjectStore(options.historySize ?? DEFAULTS.historySize);
  const tokens = new ServiceAccountTokens(store, { issuer, clock });
  const admin = { token: adminToken, username: ADMIN, groups: [SYSTEM_MASTERS] };
  return {
    store,
    catalog: new ResourceCatalog(),
    snapshots: new ListSnapshots(store),
    rbac: new Rbac(store),
    tokens,
    authentication: new Authentication({ users: [admin, ...users], apiAudiences: [issuer], tokens }),
    clock,
    apiAudience: issuer,
    minimumTokenSeconds: options.minimumTokenSeconds ?? DEFAULTS.minimumTokenSeconds,
  };
}

/** Creates the initial objects. Watches do not see this: the history begins when the API is ready. */
function fill(cluster: Cluster, { crds = [], objects = [] }: KubeApiOptions): Administrator {
  const administrator = new Administrator(cluster);
  for (const object of BOOTSTRAP_OBJECTS) {
    administrator.apply(object);
  }
  for (const text of readManifests(crds)) {
    administrator.applyYaml(text);
  }
  for (const object of objects) {
    administrator.apply(object);
  }
  cluster.store.forgetHistory();
  return administrator;
}

function issue(cluster: Cluster, administrator: Administrator, wanted: ServiceAccountTokenOptions): string {
  const { namespace, name, audiences = [cluster.apiAudience], expirationSeconds = 3600 } = wanted;
  const account = administrator.get({ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name });
  if (!account) {
    throw new Error(`ServiceAccount ${namespace}/${name} does not exist`);
  }
  const subject = { namespace, name, uid: account.metadata.uid ?? '' };
  return cluster.tokens.issue({ subject, audiences, expirationSeconds }).token;
}

function userOf(
  user: KubeconfigUser,
  adminToken: string,
  issueToken: (options: ServiceAccountTokenOptions) => string,
): { user: string; token: string } {
  if (user === 'admin') {
    return { user: ADMIN, token: adminToken };
  }
  if ('token' in user) {
    return { user: 'user', token: user.token };
  }
  return { user: user.name, token: issueToken(user) };
}
