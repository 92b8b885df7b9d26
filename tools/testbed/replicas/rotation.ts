import { type Checks, expectEqual } from '../checks';
import { newAccount } from '../registries';
import { type Secret } from '../secret-search';
import { until } from '../../processes/until';
import { expectAnswer } from './answers';
import { REPLICAS, type ReplicatedInstallation } from './replicated-installation';

/** A change applies within ten seconds; the rest is for the requests that check it. */
const DEADLINE_MS = 12_000;

/** Changes a password first in the registry and then in Kubernetes, without restarting a program. */
export async function checkPasswordChange(checks: Checks, installation: ReplicatedInstallation, secrets: Secret[]): Promise<void> {
  const { registry, account } = installation;
  const token = await installation.token('builder');
  const { password } = newAccount(account.username);
  secrets.push({ name: 'changed password of the registry of the replicas', value: password });
  for (const replica of REPLICAS) {
    expectAnswer(await installation.pull(replica, token), 200);
  }
  registry.accounts.setPassword(account.username, password);
  registry.tokens.revokeAll();
  await checks.check('password changed only in the registry: the proxy answers 403, and does not forward the 401', async () => {
    for (const replica of REPLICAS) {
      const { headers } = expectAnswer(await installation.pull(replica, token), 403, 'DENIED');
      expectEqual(headers['www-authenticate'], undefined, 'challenge');
    }
  });
  await installation.writePassword(password);
  const changed = Date.now();
  for (const replica of REPLICAS) {
    await checks.check(`password changed in Kubernetes: replica ${replica} pulls within 10 s`, async () => {
      await until(DEADLINE_MS - (Date.now() - changed), async () => expectAnswer(await installation.pull(replica, token), 200));
      process.stdout.write(`       after ${((Date.now() - changed) / 1000).toFixed(1)} s\n`);
    });
  }
}

/** Withdraws a permission. */
export async function checkWithdrawal(checks: Checks, installation: ReplicatedInstallation): Promise<void> {
  const token = await installation.token('leaver');
  for (const replica of REPLICAS) {
    expectAnswer(await installation.pull(replica, token), 200);
  }
  await installation.withdraw('leaver');
  const changed = Date.now();
  for (const replica of REPLICAS) {
    await checks.check(`permission withdrawn: replica ${replica} refuses within 10 s`, async () => {
      await until(DEADLINE_MS - (Date.now() - changed), async () => expectAnswer(await installation.pull(replica, token), 403, 'DENIED'));
    });
  }
}
