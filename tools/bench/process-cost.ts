import { readFile, writeFile } from 'node:fs/promises';

/** Ticks per second in /proc/PID/stat: USER_HZ, which is 100 on every Linux that Node.js supports. */
const TICKS_PER_SECOND = 100;

/** Returns the seconds of processor time (user and system) that a process and its threads have used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may contain any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Returns the peak resident memory of a process since {@link resetPeakMemory}, in MiB. */
export function peakMemory(pid: number): Promise<number> {
  return memoryOf(pid, 'VmHWM');
}

/** Returns the present resident memory of a process, in MiB. */
export function presentMemory(pid: number): Promise<number> {
  return memoryOf(pid, 'VmRSS');
}

async function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** Resets the peak to the current resident memory (proc(5), clear_refs). */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
