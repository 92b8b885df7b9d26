import { type ServerResponse } from 'node:http';
import { eventually } from '@oci-connector/testing-kit';
import { ApiServer, eventLine, json } from '../test/api-server';
import { settle } from '../test/settle';
import { KubeClient } from './kube-client';
import { onChange, type ReconcileOutcome, type ReconcileResult, runReconciler, type RunningReconciler } from './reconciler';
import { Reflector } from './reflector';
import { ConfigMaps, type ObjectKey, Secrets } from './resource-type';
import { WorkQueue } from './work-queue';

const object = (name: string, resourceVersion = '1'): object => ({
  metadata: { namespace: 'a', name, uid: name, resourceVersion },
});

let server: ApiServer;
let client: KubeClient;
let watches: Map<string, ServerResponse>;
let releaseSecrets: () => void;
let reflectors: Reflector<never>[];
let reconciled: string[];
let outcomes: ReconcileOutcome[];
let errors: string[];
let behaviour: (key: ObjectKey, signal: AbortSignal) => Promise<ReconcileResult | void>;

beforeEach(async () => {
  watches = new Map();
  reconciled = [];
  outcomes = [];
  errors = [];
  behaviour = async () => undefined;
  const secretsAllowed = new Promise<void>((resolve) => {
    releaseSecrets = resolve;
  });
  server = await ApiServer.start(async ({ url }, response) => {
    const plural = url.pathname.split('/').at(-1) ?? '';
    if (url.searchParams.has('watch')) {
      response.writeHead(200).flushHeaders();
      watches.set(plural, response);
      return;
    }
    if (plural === 'secrets') {
      await secretsAllowed;
    }
    json(response, 200, { metadata: { resourceVersion: '5' }, items: [object(`${plural}-1`), object(`${plural}-2`)] });
  });
  client = KubeClient.fromConnection(server.connection());
  reflectors = [new Reflector({ client, type: ConfigMaps }), new Reflector({ client, type: Secrets })] as unknown as Reflector<never>[];
});

afterEach(async () => {
  await Promise.all(reflectors.map((reflector) => reflector.stop()));
  await client.close();
  await server.close();
});

function run(): RunningReconciler {
  const [configMaps, secrets] = reflectors as unknown as [Reflector<never>, Reflector<never>];
  return runReconciler({
    queue: new WorkQueue({ concurrency: 2, backOffInitialMs: 1, backOffMaxMs: 5 }),
    triggers: [
      onChange(configMaps, ({ object: { metadata } }) => [metadata]),
      // A Secret concerns a config map of another name.
      onChange(secrets, () => [{ namespace: 'a', name: 'configmaps-1' }]),
    ],
    reconciler: {
      reconcile: async (key, signal) => {
        reconciled.push(`${key.namespace}/${key.name}`);
        return behaviour(key, signal);
      },
    },
    onOutcome: (outcome) => outcomes.push(outcome),
    onError: (key, error) => errors.push(`${key.name}: ${(error as Error).message}`),
  });
}

describe('runReconciler', () => {
  it('starts when every reflector has its first list, with each key once', async () => {
    const running = run();
    await eventually(() => watches.has('configmaps'));
    await settle();
    expect(reconciled).toEqual([]);
    releaseSecrets();
    expect(await running.started).toBe(true);
    await eventually(() => outcomes.length === 2);
    expect(reconciled.sort()).toEqual(['a/configmaps-1', 'a/configmaps-2']);
    await running.stop();
  });

  it('reconciles the keys of a change', async () => {
    releaseSecrets();
    const running = run();
    await eventually(() => outcomes.length === 2 && watches.size === 2);
    watches.get('secrets')?.write(eventLine('DELETED', object('secrets-2', '9')));
    await eventually(() => reconciled.length === 3);
    expect(reconciled.at(-1)).toBe('a/configmaps-1');
    await running.stop();
  });

  it('retries an error with back-off', async () => {
    releaseSecrets();
    let failures = 3;
    behaviour = async ({ name }) => {
      if (name === 'configmaps-1' && failures-- > 0) {
        throw new Error('try again');
      }
    };
    const running = run();
    await eventually(() => outcomes.length === 5);
    expect([...outcomes].sort()).toEqual(['error', 'error', 'error', 'success', 'success']);
    expect(errors).toEqual(Array(3).fill('configmaps-1: try again'));
    await running.stop();
  });

  it('reconciles again after the requested time', async () => {
    releaseSecrets();
    behaviour = async () => ({ requeueAfterMs: 1 });
    const running = run();
    await eventually(() => outcomes.length >= 10);
    expect(new Set(outcomes)).toEqual(new Set(['requeue']));
    await running.stop();
  });

  it('can be run again with reflectors that never stopped', async () => {
    releaseSecrets();
    const first = run();
    await eventually(() => outcomes.length === 2 && watches.size === 2);
    await first.stop();
    watches.get('configmaps')?.write(eventLine('ADDED', object('configmaps-3', '9')));
    await eventually(() => reflectors[0]?.list().length === 3);
    expect(reconciled).toHaveLength(2);
    const second = run();
    await eventually(() => outcomes.length === 5);
    expect(reconciled.slice(2).sort()).toEqual(['a/configmaps-1', 'a/configmaps-2', 'a/configmaps-3']);
    await second.stop();
  });

  it('stops: aborts reconciles in work, reports no error for them, and starts no more', async () => {
    releaseSecrets();
    behaviour = (_key, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cut off')));
      });
    const running = run();
    await eventually(() => reconciled.length === 2);
    await running.stop();
    running.add({ namespace: 'a', name: 'late' });
    await settle();
    expect([reconciled.length, outcomes, errors]).toEqual([2, [], []]);
  });

  it('never starts when it is stopped first', async () => {
    const running = run();
    await running.stop();
    releaseSecrets();
    expect(await running.started).toBe(false);
    expect(reconciled).toEqual([]);
  });
});
