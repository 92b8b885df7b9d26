import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { type ProcessGroup, type StartedProcess } from '../processes/process-group';
import { tryCommand, type CommandResult } from '../processes/run-command';
import { testbedEnvironment } from './testbed.config';

/** What a running sandbox writes for scripts. */
export interface SandboxState {
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly proxy: { readonly http: string; readonly https: string };
}

export interface StartedSandbox extends SandboxState {
  readonly process: StartedProcess;
}

/** Put before the command: what makes its surroundings. */
export type Prefix = readonly string[];

const directory = path.join(workspaceRoot, '.sandbox');
const stateFile = path.join(directory, 'sandbox.json');

/** Where the sandbox's programs log. */
export const sandboxLogs = path.join(directory, 'logs');

/** Ten times what it takes on two cores. */
const DEADLINE_MS = 180_000;

/** The caller's search path and home, nothing else of it. */
const environment = { PATH: testbedEnvironment.path, HOME: testbedEnvironment.home };

/** `npm start -- --check ARGS`, to its end. */
export function checkSandbox(args: readonly string[], prefix: Prefix = []): Promise<CommandResult> {
  refuseToDisturb();
  const [file = '', ...rest] = [...prefix, 'npm', 'start', '--silent', '--', '--check', ...args];
  return tryCommand([file, ...rest], { cwd: workspaceRoot, env: environment, timeout: DEADLINE_MS });
}

/** `npm start -- ARGS`; resolves when it has done its job and stays up. Without npm in between, so that its process id is known. */
export async function startSandbox(group: ProcessGroup, args: readonly string[], prefix: Prefix = []): Promise<StartedSandbox> {
  refuseToDisturb();
  const [file = '', ...rest] = [...prefix, process.execPath, 'tools/run.mjs', 'sandbox', ...args];
  const started = await group.start({
    name: 'sandbox',
    command: [file, ...rest],
    cwd: workspaceRoot,
    env: environment,
    // Not only there, but written to its end.
    ready: async () => Boolean(readState()),
    timeout: DEADLINE_MS,
  });
  return { ...readState(), process: started };
}

function readState(): SandboxState {
  return JSON.parse(readFileSync(stateFile, 'utf8')) as SandboxState;
}

/** A sandbox that somebody else runs in this workspace would be taken down. */
function refuseToDisturb(): void {
  if (existsSync(stateFile)) {
    throw new Error(`a sandbox is running in this workspace (${stateFile} exists)`);
  }
}
