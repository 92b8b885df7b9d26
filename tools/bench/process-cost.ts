import { readFile, writeFile } from 'node:fs/promises';

/** Ticks per second in /proc/PID/stat: USER_HZ, which is 100 on every Linux that Node.js supports. */
const TICKS_PER_SECOND = 100;

/** Returns the seconds of processor time (user and system) that a process and its threads have used. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = await statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Returns the seconds since a process was started. */
export async function secondsSinceStart(pid: number): Promise<number> {
  const [fields, uptime] = await Promise.all([statOf(pid), readFile('/proc/uptime', 'utf8')]);
  return Number(uptime.split(' ')[0]) - Number(fields[19]) / TICKS_PER_SECOND;
}

/** Returns the fields of /proc/PID/stat after the second one, which is the program's name in parentheses and may contain any character. */
async function statOf(pid: number): Promise<string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Returns the peak resident memory of a process since {@link resetPeakMemory}, in MiB. */
export function peakMemory(pid: number): Promise<number> {
  return memoryOf(pid, 'VmHWM');
}

/** Returns the present resident memory of a process, in MiB. */
export function presentMemory(pid: number): Promise<number> {
  return memoryOf(pid, 'VmRSS');
}

/** Returns the part of the resident memory that are pages of files, such as those of the program node, in MiB. Containers of a node share them. */
export function filePages(pid: number): Promise<number> {
  return memoryOf(pid, 'RssFile');
}

async function memoryOf(pid: number, field: 'VmHWM' | 'VmRSS' | 'RssFile'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** Resets the peak to the current resident memory (proc(5), clear_refs). */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
