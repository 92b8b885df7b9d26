import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { remainsOf, tracesOf } from './cluster-traces';

describe('remainsOf', () => {
  it('lists the processes of a cluster while they run', async () => {
    const child = spawn('sleep', ['600']);
    await once(child, 'spawn');
    const traces = tracesOf('oci-testbed-none', child.pid ?? 0);
    expect(traces.processes.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(remainsOf(traces)).toEqual([expect.stringContaining(`process ${child.pid}: `)]);
    child.kill();
    await once(child, 'exit');
    expect(remainsOf(traces)).toEqual([]);
  });

  it('lists the directory of the world', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'oci-testbed-'));
    const traces = { world: path.basename(directory), processes: [], networks: new Set<string>() };
    expect(remainsOf(traces)).toEqual([directory]);
    rmSync(directory, { recursive: true });
    expect(remainsOf(traces)).toEqual([]);
  });
});
