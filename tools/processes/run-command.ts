import { spawn } from 'node:child_process';

/** How a command ended. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** Time after which the command is killed, in milliseconds; two minutes by default. */
  readonly timeout?: number;
}

/** Longest captured output. It is enough for any command, and a command with endless output cannot fill the memory. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** Runs a command to its end, whatever its status. */
export function tryCommand(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeout ?? 120_000,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < MAX_OUTPUT) {
          output[stream] += text;
        }
      });
    }
    // A command that does not read its input closes it early. Only its exit status matters.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...output }));
  });
}

/**
 * Runs a command that must succeed.
 *
 * @throws Error when the command fails, with the command and the end of its output
 */
export async function runCommand(command: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await tryCommand(command, options);
  if (status !== 0) {
    const printed = `${stdout}\n${stderr}`.trim().slice(-2000);
    throw new Error(`${command.join(' ')} ended with ${status === null ? 'a time-out' : `status ${status}`}:\n${printed}`);
  }
  return stdout;
}
