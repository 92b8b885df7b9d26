import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { type Readable, type Writable } from 'node:stream';

/** Mounting a tmpfs takes a millisecond; a command that hangs must not hold the volume for ever. In milliseconds. */
const COMMAND_TIMEOUT_MS = 10_000;

/** What a command may print; mount(8) prints a line or two. In characters. */
const MAX_OUTPUT = 64 * 1024;

/**
 * Runs the commands that it reads: the number of words, then each word on a line of its own. Answers with what the command
 * printed, NUL, its status and a line feed. It ends with the end of its input, and so with this program, however that ends.
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

/** A command that failed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  /** @param output what it printed, without white space around it */
  constructor(
    message: string,
    readonly output = '',
  ) {
    super(message);
  }
}

/**
 * Runs commands one after the other from a small process that lives on. To start a process, the kernel copies the page tables
 * of the one that starts it: for a program of Node.js that takes ten times as long as a mount, and it stands still meanwhile.
 */
export class CommandShell {
  #shell?: Shell;
  #last: Promise<unknown> = Promise.resolve();

  /** @param timeoutMs for one command, in milliseconds */
  constructor(private readonly timeoutMs = COMMAND_TIMEOUT_MS) {}

  /**
   * No word is interpreted by a shell.
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
      throw new CommandError('no word of a command may have a line feed or NUL');
    }
    this.#shell ??= this.#start();
    const { output, status } = await this.#ask(this.#shell, `${words.length}\n${words.join('\n')}\n`);
    if (status !== 0) {
      throw new CommandError(`exit status ${status}`, output);
    }
  }

  #start(): Shell {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
    // A group of its own, so that a command that hangs can be ended with it.
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'], env, detached: true });
    const gone = (): void => {
      if (this.#shell === shell) {
        this.#shell = undefined;
      }
    };
    shell.once('error', gone).once('exit', gone);
    // What the types do not say: without a descriptor left there are no pipes, and the error comes later.
    if ((shell.stdout as Readable | undefined) === undefined) {
      throw new CommandError('no shell could be started: the driver has no descriptors left');
    }
    shell.stdout.setEncoding('utf8');
    // Whoever waits for an answer learns from the end of the output that there will be none.
    shell.stdin.on('error', gone);
    // It waits for this program, not this program for it; a command that runs has a timer.
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

  /** While its output is open, the shell or a command of its group lives, and nobody else can have the group's ID. */
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
      // Ended this very moment.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
