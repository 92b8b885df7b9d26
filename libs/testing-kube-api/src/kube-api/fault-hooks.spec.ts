import { untilRight } from '@oci-connector/testing-kit';
import { ContractClient } from '../contract/contract-client';
import { asText, at } from './json';
import { type KubeApiServer } from './kube-api-server';
import { startKubeApi } from './start-kube-api';

const NAMESPACES = '/api/v1/namespaces';

describe('faults of the embedded Kubernetes API', () => {
  let server: KubeApiServer;
  let admin: ContractClient;

  beforeEach(async () => {
    server = await startKubeApi({ historySize: 10 });
    admin = ContractClient.asAdmin({ server: server.url, admin: { token: server.adminToken } });
  });

  afterEach(async () => {
    await server.close();
  });

  const touch = (times: number): void => {
    for (let time = 0; time < times; time += 1) {
      server.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'touched', labels: { time: String(time) } } });
    }
  };

  it('holds requests that match a pause, answers others, and answers the held ones after resume', async () => {
    server.faults.pause({ verb: 'list', resource: 'namespaces' });
    let isAnswered = false;
    const held = admin.get(NAMESPACES).finally(() => {
      isAnswered = true;
    });
    await untilRight(
      () => Promise.resolve(server.requests.count({ verb: 'list' })),
      (count) => count === 1,
    );
    expect(await admin.get(`${NAMESPACES}/default`)).toMatchObject({ status: 200 });
    expect(isAnswered).toBe(false);
    server.faults.resume();
    expect(await held).toMatchObject({ status: 200 });
  });

  it('closes while requests are held', async () => {
    server.faults.pause();
    const held = admin.get(NAMESPACES).catch((error: NodeJS.ErrnoException) => error.code);
    await untilRight(
      () => Promise.resolve(server.requests.count()),
      (count) => count === 1,
    );
    await server.close();
    expect(await held).toBe('ECONNRESET');
  });

  it('refuses connections, and later accepts them on the same port with the same state', async () => {
    touch(1);
    await server.faults.refuseConnections();
    await expect(admin.get(NAMESPACES)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await server.faults.acceptConnections();
    expect(await admin.get('/api/v1/namespaces/default/configmaps/touched')).toMatchObject({ status: 200 });
  });

  it('breaks only the connections of watches', async () => {
    const watch = await admin.watch(NAMESPACES);
    await watch.next();
    server.faults.dropWatches();
    await watch.rest();
    expect(await admin.get(NAMESPACES)).toMatchObject({ status: 200 });
  });

  it('answers 410 to watches and pages of an expired version', async () => {
    const first = await admin.get(`${NAMESPACES}?limit=1`);
    const version = asText(at(first.body, 'metadata', 'resourceVersion'));
    const token = encodeURIComponent(asText(at(first.body, 'metadata', 'continue')));
    touch(1);
    server.faults.expireHistory();
    const watch = await admin.watch(`${NAMESPACES}?resourceVersion=${version}`);
    expect(await watch.rest()).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
    expect(await admin.get(`${NAMESPACES}?limit=1&continue=${token}`)).toMatchObject({ status: 410, body: { reason: 'Expired' } });
  });

  it('expires versions that are older than its history', async () => {
    const version = asText(at((await admin.get(NAMESPACES)).body, 'metadata', 'resourceVersion'));
    touch(30);
    const watch = await admin.watch(`${NAMESPACES}?resourceVersion=${version}`);
    expect(await watch.rest()).toMatchObject([{ type: 'ERROR', object: { code: 410 } }]);
  });

  it('fails the given number of matching requests, with the given status, reason and delay', async () => {
    server.faults.failNext(2, { status: 429, reason: 'TooManyRequests', retryAfter: 7, match: { resource: 'namespaces' } });
    expect(await admin.get('/api/v1/secrets')).toMatchObject({ status: 200 });
    for (let time = 0; time < 2; time += 1) {
      expect(await admin.get(NAMESPACES)).toMatchObject({
        status: 429,
        headers: { 'retry-after': '7' },
        body: { reason: 'TooManyRequests' },
      });
    }
    expect(await admin.get(NAMESPACES)).toMatchObject({ status: 200 });
  });

  it('sends bookmarks on demand', async () => {
    const watch = await admin.watch(`${NAMESPACES}?allowWatchBookmarks=true&fieldSelector=metadata.name%3Ddefault`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED' });
    touch(1);
    server.faults.sendBookmarks();
    const bookmark = await watch.next();
    expect(bookmark.type).toBe('BOOKMARK');
    expect(at(bookmark.object, 'metadata', 'resourceVersion')).toBe(at((await admin.get(NAMESPACES)).body, 'metadata', 'resourceVersion'));
    watch.close();
  });

  it('logs requests by verb, resource and user, without query and credentials', async () => {
    await admin.get('/api/v1/secrets?labelSelector=private');
    await admin.get(`${NAMESPACES}/absent`);
    await ContractClient.withToken({ server: server.url, admin: { token: '' } }, 'secret-token').get(NAMESPACES);
    expect(server.requests.entries).toMatchObject([
      { method: 'GET', path: '/api/v1/secrets', verb: 'list', resource: 'secrets', user: 'kubernetes-admin', status: 200 },
      { verb: 'get', resource: 'namespaces', name: 'absent', status: 404 },
      { verb: 'list', resource: 'namespaces', status: 401 },
    ]);
    expect(server.requests.entries[2]?.user).toBeUndefined();
    expect(JSON.stringify(server.requests.entries)).not.toMatch(/secret-token|private/);
    expect(server.requests.count({ verb: 'list', user: 'kubernetes-admin' })).toBe(1);
    server.requests.clear();
    expect(server.requests.count()).toBe(0);
  });
});
