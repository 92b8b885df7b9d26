import path from 'node:path';
import { ProcessGroup } from '../../processes/process-group';
import { startApiServer } from '../api-server';
import { type Checks, expectEqual } from '../checks';
import { Kubectl } from '../kubectl';
import { type TestbedContext } from '../testbed-context';
import { OUTSIDE_ADDRESS } from '../world';
import { commandsOf, pageBlock } from '../pages/page-blocks';

/** Runs the commands of the section "Without Helm" of docs/install.md unchanged, on a new API server, and again, when they must change nothing. */
export async function checkInstallWithoutHelm(checks: Checks, { directory, logDirectory, secrets }: TestbedContext): Promise<void> {
  const commands = commandsOf(pageBlock('install without Helm'));
  const group = new ProcessGroup(path.join(logDirectory, 'new-cluster'));
  try {
    const home = path.join(directory, 'new-cluster');
    const api = await startApiServer(group, home, OUTSIDE_ADDRESS.apiServer);
    secrets.push({ name: "the new cluster's administrator's token", value: api.adminToken });
    const kubectl = new Kubectl(api.kubeconfig, home);
    for (const turn of ['on a new cluster', 'again']) {
      for (const [program, ...args] of commands) {
        await checks.check(`docs/install.md, ${turn}: ${[program, ...args].join(' ')}`, async () => {
          expectEqual(program, 'kubectl', 'the program');
          if (turn === 'again' && args[0] === 'apply') {
            // It fails when the command would change something.
            await kubectl.run(['diff', ...args.slice(1)]);
          }
          await kubectl.run(args);
        });
      }
    }
  } finally {
    await group.stopAll();
  }
}
