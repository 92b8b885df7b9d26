import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ProcessGroup } from '../../processes/process-group';
import { startApiServer } from '../api-server';
import { type Checks, expectEqual } from '../checks';
import { Kubectl } from '../kubectl';
import { type TestbedContext } from '../testbed-context';
import { OUTSIDE_ADDRESS } from '../world';
import { documentedCommands } from './documented-commands';

/** Runs the commands of the README's section "Install" unchanged, twice, on a new API server. */
export async function checkReadmeInstall(checks: Checks, { directory, logDirectory, secrets }: TestbedContext): Promise<void> {
  const commands = documentedCommands(await readFile('README.md', 'utf8'), '## Install');
  const group = new ProcessGroup(path.join(logDirectory, 'new-cluster'));
  try {
    const home = path.join(directory, 'new-cluster');
    const api = await startApiServer(group, home, OUTSIDE_ADDRESS.apiServer);
    secrets.push({ name: "the new cluster's administrator's token", value: api.adminToken });
    const kubectl = new Kubectl(api.kubeconfig, home);
    for (const turn of ['on a new cluster', 'again']) {
      for (const [program, ...args] of commands) {
        await checks.check(`README, ${turn}: ${[program, ...args].join(' ')}`, async () => {
          expectEqual(program, 'kubectl', 'the program');
          const printed = await kubectl.run(args);
          const changed = printed.split('\n').filter((line) => / (?:created|configured)$/.test(line));
          if (turn === 'again') {
            expectEqual(changed, [], 'changed objects');
          }
        });
      }
    }
  } finally {
    await group.stopAll();
  }
}
