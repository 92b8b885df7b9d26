import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';
import { until } from '../processes/until';
import { workspaceRoot } from '../processes/workspace';

/** A program ends in a second; one that does not keeps its port, and the sandbox takes another. */
const END_MS = 10_000;

interface State {
  readonly pids?: Readonly<Record<string, number>>;
}

/** Ends the programs of a sandbox that was killed before it could: they would keep their ports, and ask for an API that is gone. */
export async function endLeftOver(stateFile: string): Promise<void> {
  // None when there was no sandbox, or it was killed while it wrote.
  const { pids = {} } = await readFile(stateFile, 'utf8')
    .then((text) => JSON.parse(text) as State)
    .catch((): State => ({}));
  for (const [name, pid] of Object.entries(pids)) {
    // The number may be another process's by now.
    const bundle = path.join(workspaceRoot, 'dist/apps', name, 'main.js');
    const runs = async (): Promise<boolean> => (await tryCommand(['ps', '-o', 'command=', '-p', String(pid)])).stdout.includes(bundle);
    if (!(await runs())) {
      continue;
    }
    process.stdout.write(`ending ${name}, process ${pid}, which a sandbox that was killed left behind\n`);
    process.kill(pid, 'SIGTERM');
    await until(END_MS, async () => {
      if (await runs()) {
        throw new Error(`${name} does not end; end it by kill -9 ${pid}`);
      }
    });
  }
}
