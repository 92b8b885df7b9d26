import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessDescription {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Returns true when the process is ready; called every 50 ms. */
  readonly ready?: () => Promise<boolean>;
  /** Time to become ready, in milliseconds; one minute by default. */
  readonly timeout?: number;
}

export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Sends SIGTERM, and SIGKILL if the process has not ended after `grace` milliseconds. */
  stop(grace?: number): Promise<void>;
}

/** Processes that log to one directory. They are ended by their ids, in reverse order of their start. */
export class ProcessGroup {
  readonly #started: StartedProcess[] = [];
  #isEnding = false;

  /** @param options.ownSessions the processes do not receive Ctrl-C from the terminal: only {@link stopAll} ends them, in order */
  constructor(
    private readonly logDirectory: string,
    private readonly options: { readonly ownSessions?: boolean } = {},
  ) {}

  /**
   * Starts a process, and resolves when it is ready.
   *
   * @throws Error with the end of its log when the process ends or does not become ready in time, and when all processes are being ended
   */
  async start(description: ProcessDescription): Promise<StartedProcess> {
    await mkdir(this.logDirectory, { recursive: true });
    // After stopAll, nothing would end the process.
    if (this.#isEnding) {
      throw new Error(`${description.name} is not started: all processes are being ended`);
    }
    const logFile = path.join(this.logDirectory, `${description.name}.log`);
    const log = openSync(logFile, 'a');
    const [file, ...args] = description.command;
    const child = spawn(file, args, {
      cwd: description.cwd,
      env: description.env,
      stdio: ['ignore', log, log],
      detached: this.options.ownSessions,
    });
    closeSync(log);
    const process = startedProcess(description.name, child, logFile);
    this.#started.push(process);
    await becomeReady(description, child, logFile);
    return process;
  }

  /** Ends all processes. No process can be started afterwards. */
  async stopAll(): Promise<void> {
    this.#isEnding = true;
    for (const process of this.#started.splice(0).reverse()) {
      await process.stop();
    }
  }
}

function startedProcess(name: string, child: ChildProcess, logFile: string): StartedProcess {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (grace = 10_000): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    child.kill('SIGTERM');
    const cancelled = new AbortController();
    const kill = delay(grace, undefined, { signal: cancelled.signal }).then(
      () => child.kill('SIGKILL'),
      () => false,
    );
    await ended;
    cancelled.abort();
    await kill;
  };
  return { name, pid: child.pid ?? 0, logFile, stop };
}

async function becomeReady(description: ProcessDescription, child: ChildProcess, logFile: string): Promise<void> {
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure = `ended with ${signal ?? `status ${code}`}`));
  const deadline = Date.now() + (description.timeout ?? 60_000);
  const ready = description.ready ?? (() => Promise.resolve(true));
  while (!(await ready().catch(() => false))) {
    if (failure === undefined && Date.now() > deadline) {
      failure = 'did not become ready in time';
    }
    if (failure !== undefined) {
      const log = (await readFile(logFile, 'utf8')).slice(-3000).trimEnd();
      throw new Error(`The end of ${logFile}:\n${log}\n${description.name} ${failure}`);
    }
    await delay(50);
  }
}
