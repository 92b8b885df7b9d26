import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { remainsOf, tracesOf } from './cluster-traces';

describe('traces of a cluster', () => {
  it('are its processes while they run', async () => {
    const child = spawn('sleep', ['600']);
    await once(child, 'spawn');
    const traces = tracesOf('oci-testbed-none', child.pid ?? 0);
    expect(traces.processes.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(remainsOf(traces)).toEqual([expect.stringContaining(`process ${child.pid}: `)]);
    child.kill();
    await once(child, 'exit');
    expect(remainsOf(traces)).toEqual([]);
  });

  it('are the directory of its world, too', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'oci-testbed-'));
    const traces = { world: path.basename(directory), processes: [], networks: new Set<string>() };
    expect(remainsOf(traces)).toEqual([directory]);
    rmSync(directory, { recursive: true });
    expect(remainsOf(traces)).toEqual([]);
  });
});
