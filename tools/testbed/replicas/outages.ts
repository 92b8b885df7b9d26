import { setTimeout as delay } from 'node:timers/promises';
import { type Checks, expectEqual } from '../checks';
import { until } from '../../processes/until';
import { expectAnswer } from './answers';
import { type ReplicatedInstallation, SAMPLE } from './replicated-installation';

/** Positive reviews and Secrets are used for ten seconds in any case; what happens after that is what is looked at. */
const CACHES_EXPIRED_MS = 12_000;

/** For an API server to start, or to wake, and for the proxy to notice. */
const RECOVERY_MS = 30_000;

/** The controller is not needed for traffic. */
export async function checkControllerStopped(checks: Checks, installation: ReplicatedInstallation): Promise<void> {
  await installation.stopController();
  try {
    await checks.check('controller stopped: pulls go on, for new tokens too', async () => {
      const token = await installation.token('builder');
      for (const replica of ['a', 'b'] as const) {
        expectAnswer(await installation.pull(replica, token), 200);
      }
    });
    await checks.check('controller stopped: pushes go on', async () => push(installation, await installation.token('builder')));
    await checks.check('controller stopped: a Connector made meanwhile can be used', async () => {
      await installation.addConnector('late');
      const token = await installation.token('builder');
      await until(RECOVERY_MS, async () => expectAnswer(await installation.pull('b', token, 'late'), 200));
    });
  } finally {
    await installation.startController();
  }
}

interface Outage {
  readonly name: string;
  begin(installation: ReplicatedInstallation): Promise<void> | void;
  end(installation: ReplicatedInstallation): Promise<void> | void;
}

const OUTAGES: readonly Outage[] = [
  { name: 'API server stopped', begin: ({ api }) => api.stop(), end: ({ api }) => api.start() },
  { name: 'API server hanging', begin: ({ api }) => api.freeze(), end: ({ api }) => api.thaw() },
];

/** Without an API server: who was allowed goes on, nobody else gets in, nothing is allowed by mistake (rule C10). */
export async function checkApiServerOutages(checks: Checks, installation: ReplicatedInstallation): Promise<void> {
  for (const outage of OUTAGES) {
    await checkOutage(checks, installation, outage);
  }
}

async function checkOutage(checks: Checks, installation: ReplicatedInstallation, outage: Outage): Promise<void> {
  const { name } = outage;
  const tokens = {
    regular: await installation.token('regular'),
    newcomer: await installation.token('newcomer'),
    stranger: await installation.token('stranger'),
  };
  await checks.check(`${name}, before: who may, may; who may not, may not`, async () => {
    expectAnswer(await installation.pull('a', tokens.regular), 200);
    await push(installation, tokens.regular);
    expectAnswer(await installation.pull('a', tokens.stranger), 403, 'DENIED');
  });
  await outage.begin(installation);
  try {
    await delay(CACHES_EXPIRED_MS);
    await checkDuring(checks, installation, { name, tokens });
  } finally {
    await outage.end(installation);
  }
  await checks.check(`${name}, after: the new client gets in, the stranger does not`, async () => {
    await until(RECOVERY_MS, async () => expectAnswer(await installation.pull('a', tokens.newcomer), 200));
    await until(RECOVERY_MS, async () => expectAnswer(await installation.pull('a', tokens.stranger), 403, 'DENIED'));
    await until(RECOVERY_MS, async () => expectAnswer(await installation.pull('b', tokens.regular), 200));
  });
}

interface During {
  readonly name: string;
  readonly tokens: Readonly<Record<'regular' | 'newcomer' | 'stranger', string>>;
}

async function checkDuring(checks: Checks, installation: ReplicatedInstallation, { name, tokens }: During): Promise<void> {
  await checks.check(`${name}: a client that was allowed before goes on pulling`, async () => {
    const started = Date.now();
    expectAnswer(await installation.pull('a', tokens.regular), 200);
    process.stdout.write(`       first answer after ${Date.now() - started} ms\n`);
    expectAnswer(await installation.pull('a', tokens.regular), 200);
  });
  await checks.check(`${name}: and pushing`, () => push(installation, tokens.regular));
  const before = installation.registry.requests.length;
  const digest = installation.path(`${SAMPLE.repository}/manifests/${installation.sample.digest}`);
  await checks.check(`${name}: what it was never allowed is not allowed now`, async () => {
    expectAnswer(await installation.send('a', digest, { method: 'DELETE', token: tokens.regular }), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: a new client gets 503`, async () => {
    expectAnswer(await installation.pull('a', tokens.newcomer), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: one that was refused before still gets nothing`, async () => {
    expectAnswer(await installation.pull('a', tokens.stranger), [403, 503]);
  });
  await checks.check(`${name}: a replica that never saw the client does not take another's word`, async () => {
    expectAnswer(await installation.pull('b', tokens.regular), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: a token with a forged signature gets nothing, what is no token 401`, async () => {
    // 401 while the keys that the API server published are fresh, 503 when nobody can judge the signature any more.
    expectAnswer(await installation.pull('a', `${tokens.regular.slice(0, -8)}AAAAAAAA`), [401, 503]);
    expectAnswer(await installation.pull('a', 'no-token'), 401, 'UNAUTHORIZED');
  });
  await checks.check(`${name}: none of these reached the registry`, () => {
    expectEqual(installation.registry.requests.length, before, 'requests that arrived at the registry');
  });
}

/** One small blob, through replica A. */
async function push(installation: ReplicatedInstallation, token: string): Promise<void> {
  const [blob] = installation.sample.blobs;
  if (!blob) {
    throw new Error('the sample has no blob');
  }
  const location = installation.path(`team/pushed/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`);
  const headers = { 'content-type': 'application/octet-stream' };
  expectAnswer(await installation.send('a', location, { method: 'POST', token, headers, body: blob.content }), 201);
}
