import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { tryCommand, type CommandResult } from '../processes/run-command';
import { commandsOf, pageBlock } from './pages/page-blocks';
import { testbedEnvironment } from './testbed.config';

/** The state that a running sandbox writes for scripts. */
export interface SandboxState {
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly proxy: { readonly http: string; readonly https: string };
}

export interface StartedSandbox extends SandboxState {
  readonly process: StartedProcess;
}

/** Words before the command, which prepare its environment. */
export type Prefix = readonly string[];

const directory = path.join(workspaceRoot, '.sandbox');
const stateFile = path.join(directory, 'sandbox.json');

/** Directory of the logs of the sandbox's programs. */
export const sandboxLogs = path.join(directory, 'logs');

/** Ten times the usual time on two cores, in milliseconds. */
const DEADLINE_MS = 180_000;

/** The environment of the sandbox: only PATH and HOME of the caller. */
const environment = { PATH: testbedEnvironment.path, HOME: testbedEnvironment.home };

/** Runs the README's command `npm start -- --check`, with more arguments, to its end. */
export function checkSandbox(args: readonly string[], prefix: Prefix = []): Promise<CommandResult> {
  refuseToDisturb();
  const [, check = []] = commandsOf(pageBlock('try it'));
  const [file = '', ...rest] = [...prefix, ...check, ...args];
  return tryCommand([file, ...rest], { cwd: workspaceRoot, env: environment, timeout: DEADLINE_MS });
}

/**
 * Starts `npm start -- ARGS` and resolves when all steps are done and the sandbox runs. It starts without npm, so that the process id of
 * the sandbox is known.
 */
export async function startSandbox(group: ProcessGroup, args: readonly string[], prefix: Prefix = []): Promise<StartedSandbox> {
  refuseToDisturb();
  const [file = '', ...rest] = [...prefix, process.execPath, 'tools/run.mjs', 'sandbox', ...args];
  const started = await group.start({
    name: 'sandbox',
    command: [file, ...rest],
    cwd: workspaceRoot,
    env: environment,
    // The file must not only exist, but be complete.
    ready: async () => Boolean(readState()),
    timeout: DEADLINE_MS,
  });
  return { ...readState(), process: started };
}

function readState(): SandboxState {
  return JSON.parse(readFileSync(stateFile, 'utf8')) as SandboxState;
}

/** @throws Error when a sandbox already runs in this workspace, because the test would end it */
function refuseToDisturb(): void {
  if (existsSync(stateFile)) {
    throw new Error(`a sandbox is running in this workspace (${stateFile} exists); end it first`);
  }
}
