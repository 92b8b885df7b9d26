import { setTimeout as delay } from 'node:timers/promises';
import { type Checks, expectEqual } from '../checks';
import { until } from '../../processes/until';
import { expectAnswer } from './answers';
import { type ReplicatedInstallation, SAMPLE } from './replicated-installation';

/** Time after which caches have expired, in milliseconds: positive reviews and Secrets are cached for ten seconds. */
const CACHES_EXPIRED_MS = 12_000;

/** Limit for the API server to start or to continue, and for the proxy to notice it; in milliseconds. */
const RECOVERY_MS = 30_000;

/** Checks that requests work without the controller. */
export async function checkControllerStopped(checks: Checks, installation: ReplicatedInstallation): Promise<void> {
  await installation.stopController();
  try {
    await checks.check('controller stopped: pulls work, also with new tokens', async () => {
      const token = await installation.token('builder');
      for (const replica of ['a', 'b'] as const) {
        expectAnswer(await installation.pull(replica, token), 200);
      }
    });
    await checks.check('controller stopped: pushes work', async () => push(installation, await installation.token('builder')));
    await checks.check('controller stopped: a Connector that is created meanwhile works', async () => {
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

/** Checks that without an API server the proxy still serves clients that it allowed before, and no others (rule C10). */
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
  await checks.check(`${name}, before: the client with permission is served, the one without is refused`, async () => {
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
  await checks.check(`${name}, after: the new client is served, the one without permission is refused`, async () => {
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
  await checks.check(`${name}: a client that was allowed before still pulls`, async () => {
    const started = Date.now();
    expectAnswer(await installation.pull('a', tokens.regular), 200);
    process.stdout.write(`       first response after ${Date.now() - started} ms\n`);
    expectAnswer(await installation.pull('a', tokens.regular), 200);
  });
  await checks.check(`${name}: it still pushes`, () => push(installation, tokens.regular));
  const before = installation.registry.requests.length;
  const digest = installation.path(`${SAMPLE.repository}/manifests/${installation.sample.digest}`);
  await checks.check(`${name}: an action for which the proxy has not checked its permission gets 503`, async () => {
    expectAnswer(await installation.send('a', digest, { method: 'DELETE', token: tokens.regular }), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: a new client gets 503`, async () => {
    expectAnswer(await installation.pull('a', tokens.newcomer), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: a client that was refused before is still refused`, async () => {
    expectAnswer(await installation.pull('a', tokens.stranger), [403, 503]);
  });
  await checks.check(`${name}: a replica that has not checked the client before answers 503`, async () => {
    expectAnswer(await installation.pull('b', tokens.regular), 503, 'UNAVAILABLE');
  });
  await checks.check(`${name}: a token with a forged signature is refused, and a password that is no token gets 401`, async () => {
    // 401 while the published keys of the API server are valid, 503 when the proxy can no longer verify the signature.
    expectAnswer(await installation.pull('a', `${tokens.regular.slice(0, -8)}AAAAAAAA`), [401, 503]);
    expectAnswer(await installation.pull('a', 'no-token'), 401, 'UNAUTHORIZED');
  });
  await checks.check(`${name}: none of these requests reached the registry`, () => {
    expectEqual(installation.registry.requests.length, before, 'requests that arrived at the registry');
  });
}

/** Pushes a small blob through replica A. */
async function push(installation: ReplicatedInstallation, token: string): Promise<void> {
  const [blob] = installation.sample.blobs;
  if (!blob) {
    throw new Error('the sample has no blob');
  }
  const location = installation.path(`team/pushed/blobs/uploads/?digest=${encodeURIComponent(blob.digest)}`);
  const headers = { 'content-type': 'application/octet-stream' };
  expectAnswer(await installation.send('a', location, { method: 'POST', token, headers, body: blob.content }), 201);
}
