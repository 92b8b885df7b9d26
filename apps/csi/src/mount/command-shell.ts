import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { type Readable, type Writable } from 'node:stream';

/** In milliseconds. Mounting a tmpfs takes 1 ms; a command that hangs must not block its volume for ever. */
const COMMAND_TIMEOUT_MS = 10_000;

/** Longest output of a command, in characters; mount(8) prints a line or two. */
const MAX_OUTPUT = 64 * 1024;

/**
 * Runs the commands that it reads. A command is the number of words, then each word on its own line. The answer is the command's output,
 * NUL, the exit status and a line feed. The script ends at the end of its input, so it always ends when this program does.
 */
const SCRIPT = `
while IFS= read -r count; do
  set --
  while [ $# -lt "$count" ]; do
    IFS= read -r word || exit
    set -- "$@" "$word"
  done
  "$@" 2>&1 </dev/null
  printf '\\0%s\\n' "$?"
done`;

const ANSWER = /^([^\0]*)\0(\d+)\n/;

type Shell = ChildProcessByStdio<Writable, Readable, null>;

/** The error of a command that failed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  /** @param output of the command, without surrounding white space */
  constructor(
    message: string,
    readonly output = '',
  ) {
    super(message);
  }
}

/**
 * Runs commands one after the other in a small, permanent process. To start a process, the kernel copies the page tables of its parent.
 * For a Node.js program that takes ten times as long as a mount, and blocks the program.
 */
export class CommandShell {
  #shell?: Shell;
  #last: Promise<unknown> = Promise.resolve();

  /** @param timeoutMs of one command, in milliseconds */
  constructor(private readonly timeoutMs = COMMAND_TIMEOUT_MS) {}

  /**
   * Runs a command. No shell interprets its words.
   *
   * @throws CommandError when the command fails, takes too long, or cannot be started
   */
  run(...words: readonly [string, ...string[]]): Promise<void> {
    const turn = this.#last.then(() => this.#runNow(words));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #runNow(words: readonly string[]): Promise<void> {
    if (words.some((word) => /[\n\0]/.test(word))) {
      throw new CommandError('no word of a command may contain a line feed or NUL');
    }
    this.#shell ??= this.#start();
    const { output, status } = await this.#ask(this.#shell, `${words.length}\n${words.join('\n')}\n`);
    if (status !== 0) {
      throw new CommandError(`exit status ${status}`, output);
    }
  }

  #start(): Shell {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
    // Its own process group, so that a command that hangs can be ended together with the shell.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'], env, detached: true });
    const gone = (): void => {
      if (this.#shell === shell) {
        this.#shell = undefined;
      }
    };
    shell.once('error', gone).once('exit', gone);
    // Not in the types: without free file descriptors there are no pipes, and the error event follows later.
    if ((shell.stdout as Readable | undefined) === undefined) {
      throw new CommandError('no shell could be started: the driver has no free file descriptors');
    }
    shell.stdout.setEncoding('utf8');
    // A waiting caller is notified by the end of the output.
    shell.stdin.on('error', gone);
    // The shell must not keep this program alive. While a command runs, its timer does.
    shell.unref();
    for (const pipe of [shell.stdin, shell.stdout]) {
      if (pipe instanceof Socket) {
        pipe.unref();
      }
    }
    return shell;
  }

  #ask(shell: Shell, command: string): Promise<{ output: string; status: number }> {
    return new Promise((resolve, reject) => {
      let text = '';
      const settle = (end: () => void): void => {
        clearTimeout(late);
        shell.stdout.off('data', read).off('close', ended);
        shell.off('error', failed);
        end();
      };
      const giveUp = (reason: string): void => {
        this.#end(shell);
        settle(() => reject(new CommandError(reason, text.trim())));
      };
      const late = setTimeout(() => giveUp(`not done within ${this.timeoutMs} ms`), this.timeoutMs);
      const read = (chunk: string): void => {
        text += chunk;
        const [, output = '', status] = ANSWER.exec(text) ?? [];
        if (status !== undefined) {
          settle(() => resolve({ output: output.trim(), status: Number(status) }));
        } else if (text.length > MAX_OUTPUT) {
          giveUp('it prints too much');
        }
      };
      const ended = (): void => giveUp('the shell that runs commands has ended');
      const failed = (error: Error): void => giveUp(error.message);
      shell.stdout.on('data', read).once('close', ended);
      shell.once('error', failed);
      shell.stdin.write(command);
    });
  }

  /** Ends the process group. While its output is open, a process of the group lives, so no other group can have the ID. */
  #end(shell: Shell): void {
    if (this.#shell === shell) {
      this.#shell = undefined;
    }
    if (shell.pid === undefined || shell.stdout.closed) {
      return;
    }
    try {
      process.kill(-shell.pid, 'SIGKILL');
    } catch (error) {
      // The group has just ended.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
