import { type ServerResponse } from 'node:http';
import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { ApiServer, eventLine, json, refuse, type Answer, type SeenRequest } from '../test/api-server';
import { settle } from '../test/settle';
import { KubeClient } from './kube-client';
import { type ConfigMap } from './kube-objects';
import { Reflector, type ReflectorOptions } from './reflector';
import { ConfigMaps } from './resource-type';

/** Without jitter the back-off of the reflector is 500 ms and doubles up to 10 s. */
const noJitter = (): number => 0;
/** The request's own time limit and the watchdog of an open watch. Every other timer is a pause. */
const LIMITS = new Set([60_000, 10_000, 120_000]);

let server: ApiServer;
let client: KubeClient;
let clock: ManualClock;
let reflector: Reflector<ConfigMap>;
let changes: string[];
let errors: unknown[];
let watches: ServerResponse[];

const configMap = (name: string, resourceVersion: string, uid = `uid-${name}`): object => ({
  metadata: { namespace: 'a', name, uid, resourceVersion, managedFields: [{ manager: 'kubectl' }] },
});
const isWatch = ({ url }: SeenRequest): boolean => url.searchParams.has('watch');
const lists = (): number => server.requests.filter((request) => !isWatch(request)).length;
const watchCount = (): number => server.requests.filter(isWatch).length;
const pauses = (): number[] => clock.timers.filter((ms) => !LIMITS.has(ms));

/** The state of the simulated API server. */
let objects: object[];
let version: string;

const list = (response: ServerResponse): void => json(response, 200, { metadata: { resourceVersion: version }, items: objects });

/** A healthy API server: lists its objects, and keeps watches open. */
const healthy: Answer = (request, response) => {
  if (isWatch(request)) {
    response.writeHead(200).flushHeaders();
    watches.push(response);
  } else {
    list(response);
  }
};

async function serve(answer: Answer, options: Partial<ReflectorOptions<ConfigMap>> = {}): Promise<void> {
  clock = new ManualClock();
  server = await ApiServer.start(answer);
  client = KubeClient.fromConnection(server.connection(), { clock });
  changes = [];
  errors = [];
  watches = [];
  objects = [configMap('x', '3')];
  version = '10';
  reflector = new Reflector({
    client,
    type: ConfigMaps,
    clock,
    random: noJitter,
    ...options,
  });
  reflector.failures.subscribe(({ error }) => errors.push(error));
  reflector.changes.subscribe(({ type, key, object }) => changes.push(`${type} ${key} ${object.metadata.resourceVersion}`));
  reflector.start();
}

afterEach(async () => {
  await reflector.stop();
  await client.close();
  await server.close();
  expect(clock.timers).toEqual([]);
});

describe('Reflector', () => {
  it('lists, then follows the watch', async () => {
    await serve(healthy);
    expect(await reflector.whenSynced()).toBe(true);
    await eventually(() => watches.length === 1);
    watches[0]?.write(eventLine('ADDED', configMap('y', '11')));
    watches[0]?.write(eventLine('MODIFIED', configMap('x', '12')));
    watches[0]?.write(eventLine('DELETED', configMap('y', '13')));
    await eventually(() => changes.length === 4);
    expect(changes).toEqual(['added a/x 3', 'added a/y 11', 'modified a/x 12', 'deleted a/y 13']);
    expect(reflector.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion, metadata.managedFields])).toEqual([
      ['x', '12', undefined],
    ]);
    expect(errors).toEqual([]);
  });

  it('continues from the last event or bookmark when the server ends the watch in time, without a list or a pause', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1);
    watches[0]?.write(eventLine('ADDED', configMap('y', '11')));
    await eventually(() => changes.length === 2);
    clock.advance(60_000);
    watches[0]?.write(eventLine('BOOKMARK', { metadata: { resourceVersion: '20' } }));
    watches[0]?.end();
    await eventually(() => watches.length === 2);
    expect(server.requests.at(-1)?.url.searchParams.get('resourceVersion')).toBe('20');
    expect([lists(), errors]).toEqual([1, []]);
  });

  it.each([
    [{ namespace: 'a' }, '/api/v1/namespaces/a/configmaps', null],
    [{ namespace: 'a', name: 'x' }, '/api/v1/namespaces/a/configmaps', 'metadata.name=x'],
    [{}, '/api/v1/configmaps', null],
  ])('requests the selected objects: %j', async (selection, path, fields) => {
    await serve(healthy, selection);
    await eventually(() => watches.length === 1);
    for (const { url } of server.requests) {
      expect([url.pathname, url.searchParams.get('fieldSelector')]).toEqual([path, fields]);
    }
  });

  it('does not report a sync when it was stopped before', async () => {
    await serve(() => undefined);
    await eventually(() => server.requests.length === 1);
    const synced = reflector.whenSynced();
    await reflector.stop();
    expect(await synced).toBe(false);
    expect(reflector.hasSynced).toBe(false);
  });

  it('finds objects by index', async () => {
    await serve(healthy, { indexers: { byVersion: ({ metadata }) => [metadata.resourceVersion ?? ''] } });
    await reflector.whenSynced();
    expect(reflector.byIndex('byVersion', '3').map(({ metadata }) => metadata.name)).toEqual(['x']);
    await eventually(() => watches.length === 1);
    watches[0]?.write(eventLine('MODIFIED', configMap('x', '12')));
    await eventually(() => changes.length === 2);
    expect(reflector.byIndex('byVersion', '3')).toEqual([]);
    expect(reflector.get({ namespace: 'a', name: 'x' })?.metadata.resourceVersion).toBe('12');
  });
});

describe('Reflector faults', () => {
  it.each<[string, Answer]>([
    ['as HTTP status', (_request, response) => refuse(response, 410, 'Expired')],
    ['inside the stream', (_request, response) => void response.end(eventLine('ERROR', { kind: 'Status', code: 410, reason: 'Gone' }))],
  ])('HTTP 410 loop %s: lists again, and never faster than the back-off', async (_name, gone) => {
    await serve((request, response) => (isWatch(request) ? gone(request, response) : list(response)));
    for (const [round, pause] of [500, 1000, 2000, 4000, 8000].entries()) {
      await eventually(() => pauses().length === 1, `pause ${round}`);
      await settle();
      expect([lists(), watchCount(), pauses()]).toEqual([round + 1, round + 1, [pause]]);
      clock.advance(pause);
    }
    await eventually(() => lists() === 6);
    expect(changes).toEqual(['added a/x 3']);
  });

  it('a list after 410 emits the differences, and readers never see an empty store', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1);
    objects = [configMap('x', '30'), configMap('z', '31')];
    version = '31';
    const sizes = new Set<number>();
    reflector.failures.subscribe(({ error }) => errors.push(error));
    reflector.changes.subscribe(() => sizes.add(reflector.list().length));
    watches[0]?.end(eventLine('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
    await eventually(() => pauses().length === 1);
    expect(reflector.list()).toHaveLength(1);
    clock.advance(500);
    await eventually(() => changes.length === 3);
    expect(changes).toEqual(['added a/x 3', 'modified a/x 30', 'added a/z 31']);
    objects = [configMap('z', '40', 'another-uid')];
    await eventually(() => watches.length === 2);
    watches[1]?.end(eventLine('ERROR', { kind: 'Status', code: 410, reason: 'Expired' }));
    await eventually(() => pauses().length === 1);
    clock.advance(1000);
    await eventually(() => changes.length === 6);
    expect(changes.slice(3)).toEqual(['deleted a/x 30', 'deleted a/z 31', 'added a/z 40']);
    expect([...sizes]).toEqual([2, 1]);
  });

  it('dropped socket: watches again from the last version, after the back-off, without a list', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1);
    watches[0]?.write(eventLine('ADDED', configMap('y', '11')));
    await eventually(() => changes.length === 2);
    server.dropConnections();
    await eventually(() => pauses().length === 1);
    await settle();
    expect([watchCount(), pauses()]).toEqual([1, [500]]);
    clock.advance(500);
    await eventually(() => watches.length === 2);
    expect(server.requests.at(-1)?.url.searchParams.get('resourceVersion')).toBe('11');
    expect([lists(), errors.length]).toEqual([1, 1]);
  });

  it('hung connect: a list without a response is given up and tried again', async () => {
    await serve(() => undefined);
    await eventually(() => server.requests.length === 1);
    clock.advance(60_000);
    await eventually(() => pauses().length === 1);
    expect(errors).toMatchObject([{ code: 'Unreachable' }]);
    server.answer = healthy;
    clock.advance(500);
    await reflector.whenSynced();
  });

  it('watch without data: opened again', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1 && clock.timers.includes(120_000));
    clock.advance(120_000);
    await eventually(() => pauses().length === 1);
    clock.advance(500);
    await eventually(() => watches.length === 2);
    expect(errors).toMatchObject([{ code: 'WatchSilent' }]);
    expect(lists()).toBe(1);
  });

  it('API server restart: keeps its store while the server is down, and catches up', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1);
    await server.close();
    for (const pause of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      await eventually(() => clock.timers.length === 1 && clock.timers[0] === pause, `pause of ${pause}`);
      expect(reflector.list()).toHaveLength(1);
      expect(reflector.hasSynced).toBe(true);
      clock.advance(pause === 10_000 ? 0 : pause);
      if (pause === 10_000) {
        break;
      }
    }
    await server.listen();
    clock.advance(10_000);
    await eventually(() => watches.length === 2);
    watches[1]?.write(eventLine('ADDED', configMap('y', '11')));
    await eventually(() => changes.length === 2);
    expect([changes[1], lists()]).toEqual(['added a/y 11', 1]);
  });

  it('a server that has lost its history (restored, or another one): lists again', async () => {
    await serve(healthy);
    await eventually(() => watches.length === 1);
    server.answer = (request, response) =>
      isWatch(request) ? refuse(response, 504, 'Timeout', 'Too large resource version') : list(response);
    server.dropConnections();
    await eventually(() => pauses().length === 1);
    clock.advance(500);
    await eventually(() => pauses()[0] === 1000);
    server.answer = healthy;
    clock.advance(1000);
    await eventually(() => lists() === 2 && watches.length === 2);
  });

  it('a server that ends every watch immediately gets requests no faster than the back-off', async () => {
    await serve((request, response) => (isWatch(request) ? void response.end() : list(response)));
    for (const [round, pause] of [500, 1000, 2000].entries()) {
      await eventually(() => pauses().length === 1);
      await settle();
      expect([lists(), watchCount(), pauses()]).toEqual([1, round + 1, [pause]]);
      clock.advance(pause);
    }
  });

  it('survives non-JSON garbage and refusals, and waits for Retry-After', async () => {
    await serve((_request, response) => void response.end('<html>'));
    await eventually(() => pauses().length === 1);
    server.answer = (_request, response) => refuse(response, 403, 'Forbidden');
    clock.advance(500);
    await eventually(() => pauses()[0] === 1000);
    server.answer = (_request, response) => void response.writeHead(429, { 'retry-after': '7' }).end();
    clock.advance(1000);
    await eventually(() => pauses()[0] === 7000);
    server.answer = healthy;
    clock.advance(7000);
    await reflector.whenSynced();
    expect(errors).toMatchObject([{ code: 'ResponseInvalid' }, { status: 403 }, { status: 429 }]);
  });

  it('waits for the back-off after a refusal with a malformed Retry-After', async () => {
    await serve((_request, response) => json(response, 429, { kind: 'Status', code: 429, details: { retryAfterSeconds: 'soon' } }));
    await eventually(() => pauses().length === 1);
    await settle();
    expect([pauses(), server.requests.length]).toEqual([[500], 1]);
  });

  it('after a stable watch, the next failure starts from the shortest back-off', async () => {
    await serve((_request, response) => refuse(response, 500, 'InternalError'));
    await eventually(() => pauses()[0] === 500);
    clock.advance(500);
    await eventually(() => pauses()[0] === 1000);
    server.answer = healthy;
    clock.advance(1000);
    await eventually(() => watches.length === 1 && clock.timers.includes(120_000));
    clock.advance(10_000);
    server.dropConnections();
    await eventually(() => pauses().length === 1);
    expect(pauses()).toEqual([500]);
  });
});
