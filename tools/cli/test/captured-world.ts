import { type Clock, systemClock } from '@oci-connector/clock';
import { LookupError } from '@oci-connector/egress';
import { runConnectors } from '../run-connectors';
import { type World } from '../world';

/** What a command wrote, and its exit status. */
export interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly directory?: string;
  readonly environment?: World['environment'];
  readonly columns?: number;
  readonly clock?: Clock;
  /** Called when the line is written. */
  readonly onNote?: (line: string) => void;
}

/** Names that have the address 127.0.0.1. All others have none, and no name server is asked. */
const LOOPBACK_NAMES = /^(registry|auth|proxy)\.test\.?$/;

/** Runs the command in this process, with names of its own and loopback allowed. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<CommandRun> {
  const out: string[] = [];
  const err: string[] = [];
  const status = await runConnectors(args, options.directory ?? process.cwd(), {
    print: (text) => out.push(text),
    note: (line) => {
      err.push(`${line}\n`);
      options.onNote?.(line);
    },
    columns: options.columns,
    environment: { OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: '127.0.0.1/32', ...options.environment },
    clock: options.clock ?? systemClock,
    lookup: async (name) => {
      if (LOOPBACK_NAMES.test(name)) {
        return [{ address: '127.0.0.1' }];
      }
      throw new LookupError('absent', `${name} has no address`);
    },
  });
  return { status, stdout: out.join(''), stderr: err.join('') };
}
