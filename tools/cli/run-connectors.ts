import { KubeConfigError, KubeError } from '@oci-connector/kube';
import { ConfigurationError, VERSION } from '@oci-connector/runtime';
import { visible } from '@oci-connector/sensitive';
import { ApplyError } from '../installation/apply-manifests';
import { checkCommand } from './check/check-command';
import { asPermissionError } from './permission-error';
import { cleanUp } from './clean-up/clean-up-command';
import { withCluster } from './cluster';
import { readCommandLine } from './command-line.mjs';
import { configCommand } from './config/config-command';
import { applyCrds, printCrds } from './crds/crds-command';
import { lintCommand } from './lint/lint-command';
import { selfTestCommand } from './self-test/self-test-command';
import { tellingWhenSlow, thisWorld, type World } from './world';

/** Exit status for wrong arguments, and when the API server cannot be used or refuses. */
const USAGE = 2;

/** Exit status when the reader of the output has closed it: that of a program which the signal SIGPIPE ends. */
const CLOSED_OUTPUT = 141;

/** A message of the API server may quote a whole object. */
const MAX_MESSAGE_LENGTH = 2_048;

type CommandLine = ReturnType<typeof readCommandLine>;

/**
 * Runs the command `connectors`.
 *
 * @param directory to which the names of files are relative
 * @returns the exit status
 */
export async function runConnectors(args: readonly string[], directory: string, world: World): Promise<number> {
  const { print, note } = world;
  let commandLine: CommandLine;
  try {
    commandLine = readCommandLine(args, directory);
  } catch (error) {
    note(`${(error as Error).message}\nsee connectors --help`);
    return USAGE;
  }
  if (commandLine.help !== undefined) {
    print(commandLine.help);
    return 0;
  }
  try {
    return await run(commandLine, world);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) {
      throw error;
    }
    note(problem);
    return USAGE;
  }
}

/** Returns what to tell about an error that the user or an administrator can correct; undefined for a defect. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof KubeConfigError || error instanceof ConfigurationError) {
    return error.message;
  }
  const forbidden = asPermissionError(error);
  if (forbidden) {
    return visible(forbidden.message, MAX_MESSAGE_LENGTH);
  }
  if (!(error instanceof KubeError || error instanceof ApplyError)) {
    return undefined;
  }
  // What the exec plugin of the kubeconfig says, or which file is missing; kubectl shows it, too.
  const why = error instanceof KubeError && error.code === 'CredentialUnavailable' ? `: ${(error.cause as Error).message}` : '';
  return `${visible(`${error.message}${why}`.replaceAll(/\s*\n\s*/g, '; '), MAX_MESSAGE_LENGTH)}; compare with: kubectl cluster-info`;
}

async function run(commandLine: CommandLine, world: World): Promise<number> {
  const { command, target } = commandLine;
  const stillRunning = (): void => world.note(`… connectors ${command} is still running`);
  if (command === 'version') {
    world.print(`connectors ${VERSION}\n`);
    return 0;
  }
  if (command === 'lint') {
    return tellingWhenSlow(world.clock, stillRunning, () => lintCommand(commandLine, world));
  }
  if (command === 'crds') {
    return commandLine.apply
      ? tellingWhenSlow(world.clock, stillRunning, () => withCluster(commandLine, world, (cluster) => applyCrds(cluster, world)))
      : printCrds(world);
  }
  if (command === 'clean-up') {
    return tellingWhenSlow(world.clock, stillRunning, () =>
      withCluster(commandLine, world, (cluster) => cleanUp(commandLine, cluster, world)),
    );
  }
  if (!target) {
    throw new TypeError(`${command} needs a Connector`);
  }
  if (command === 'self-test') {
    return selfTestCommand({ ...commandLine, target }, world);
  }
  const options = { ...commandLine, target };
  return withCluster(commandLine, world, (cluster) =>
    command === 'check'
      ? checkCommand(options, cluster, world)
      : tellingWhenSlow(world.clock, stillRunning, () => configCommand(options, cluster, world)),
  );
}

/** Runs the command with the arguments of this process, and sets its exit status. */
export async function runProcess(directory: string): Promise<void> {
  const world = thisWorld();
  // The reader has closed the pipe, as `head` does, or the disk is full.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') {
      world.note(`cannot write to the standard output (${code})`);
    }
    process.exit(code === 'EPIPE' ? CLOSED_OUTPUT : USAGE);
  });
  try {
    process.exitCode = await runConnectors(process.argv.slice(2), directory, world);
  } catch (error) {
    // A defect. Only the stack is printed, because other properties of an error may have a part of a request.
    world.note(String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  }
}
