import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';
import { until } from '../processes/until';
import { workspaceRoot } from '../processes/workspace';

/** Time for a program to end, in milliseconds. It usually takes one second. */
const END_MS = 10_000;

interface State {
  readonly pids?: Readonly<Record<string, number>>;
}

/**
 * Ends the programs of a sandbox that was killed before it could end them. They would keep their ports, and send requests to an API
 * server that no longer exists.
 *
 * @throws Error when a program does not end
 */
export async function endLeftOver(stateFile: string): Promise<void> {
  // The file is missing if there was no sandbox, and incomplete if the sandbox was killed while it wrote.
  const { pids = {} } = await readFile(stateFile, 'utf8')
    .then((text) => JSON.parse(text) as State)
    .catch((): State => ({}));
  for (const [name, pid] of Object.entries(pids)) {
    // Another process may have the pid now.
    const bundle = path.join(workspaceRoot, 'dist/apps', name, 'main.js');
    const runs = async (): Promise<boolean> => (await tryCommand(['ps', '-o', 'command=', '-p', String(pid)])).stdout.includes(bundle);
    if (!(await runs())) {
      continue;
    }
    process.stdout.write(`ending ${name}, process ${pid}, which a killed sandbox left running\n`);
    process.kill(pid, 'SIGTERM');
    await until(END_MS, async () => {
      if (await runs()) {
        throw new Error(`${name} does not end; end it with kill -9 ${pid}`);
      }
    });
  }
}
