import { type Logger } from 'pino';
import { type Environment } from './environment';
import { InstallationSettings } from './installation-settings';
import { createLogger } from './logger';
import { type ProgramSettings } from './program-settings';
import { serviceLinksAmong } from './service-links';
import { settingsAsMarkdown, settingsAsText } from './settings-reference';
import { ConfigurationError, describeSettings, loadSettings } from './settings';

/** A program, as its main.ts describes it. */
export interface Program<S extends ProgramSettings> {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  readonly version: string;
  readonly settings: new () => S;
  readonly environment: Environment;
  /** Starts the program, and resolves when it is ready. */
  start(settings: S, logger: Logger): Promise<{ stop(): Promise<void> }>;
}

/** Exit status for wrong arguments or configuration, as in shell builtins. */
const EXIT_USAGE = 2;

/** Longest time in milliseconds that the program waits at its end for the reader of standard output. */
const MAX_FLUSH_MS = 1_000;

/**
 * Runs a program: parses arguments, loads the configuration, starts it, and stops it on SIGTERM or SIGINT. A second signal ends the
 * process immediately.
 */
export async function runProgram<S extends ProgramSettings>(program: Program<S>, args: readonly string[]): Promise<void> {
  const [argument] = args;
  if (argument !== undefined) {
    process.exitCode = printInformation(program, argument);
    return;
  }
  const read = settingsOrExit(program);
  if (!read) {
    return;
  }
  const { settings, ignored } = read;
  const logger = createLogger({ name: program.name, level: settings.logLevel });
  if (ignored.length > 0) {
    logger.warn(
      { variables: ignored },
      'these variables are ignored, because Kubernetes set them for a Service; set enableServiceLinks: false in the spec of the pod',
    );
  }
  process.on('uncaughtException', (error) => die(logger, error));
  process.on('unhandledRejection', (error) => die(logger, error));
  const starting = Promise.resolve().then(() => program.start(settings, logger));
  stopOnSignal(starting, logger);
  await starting.catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) {
      return die(logger, error);
    }
    tellHowToConfigure(program.name, error);
    end(logger, EXIT_USAGE);
  });
}

function printInformation<S extends ProgramSettings>(program: Program<S>, argument: string): number {
  switch (argument) {
    case '--help':
    case '-h':
      process.stdout.write(settingsAsText(program));
      return 0;
    case '--help=markdown':
      process.stdout.write(settingsAsMarkdown(program));
      return 0;
    case '--version':
      process.stdout.write(`${program.name} ${program.version}\n`);
      return 0;
    default:
      process.stderr.write(`${program.name}: unknown argument "${argument}"; configure it by environment variables, see --help\n`);
      return EXIT_USAGE;
  }
}

/**
 * Returns the settings of a program, and the names of variables that are ignored because Kubernetes set them for a Service.
 *
 * @throws ConfigurationError when a setting is invalid
 */
export function readProgramSettings<S extends ProgramSettings>(
  program: Pick<Program<S>, 'name' | 'settings' | 'environment'>,
): { settings: S; ignored: readonly string[] } {
  const shared = describeSettings(InstallationSettings).map(({ name }) => name);
  const ignored = serviceLinksAmong([...shared, ...describeSettings(program.settings).map(({ name }) => name)], program.environment);
  const environment = { ...program.environment, ...Object.fromEntries(ignored.map((name) => [name, undefined])) };
  return { settings: loadSettings(program.settings, environment, { program: program.name, shared }), ignored: [...new Set(ignored)] };
}

function settingsOrExit<S extends ProgramSettings>(program: Program<S>): { settings: S; ignored: readonly string[] } | undefined {
  try {
    return readProgramSettings(program);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    tellHowToConfigure(program.name, error);
    process.exitCode = EXIT_USAGE;
    return undefined;
  }
}

function tellHowToConfigure(program: string, { message }: ConfigurationError): void {
  process.stderr.write(`${program}: ${message}\nsee ${program} --help\n`);
}

/**
 * Stops the program on a signal, also during its start. The first process of a container receives only signals for which it has a
 * listener. Without one, Kubernetes would wait until the grace period has expired, which is an hour for a proxy.
 */
function stopOnSignal(starting: Promise<{ stop(): Promise<void> }>, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal }, 'stopping');
    starting
      .then((running) => running.stop())
      .then(
        () => end(logger, 0),
        (error: unknown) => die(logger, error),
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Logs an unexpected error and ends the process, so that Kubernetes restarts it instead of leaving it in an undefined state. */
function die(logger: Logger, error: unknown): void {
  logger.fatal({ err: error }, 'ended by an error');
  end(logger, 1);
}

/** Ends the process after all lines were written: output at the exit would otherwise interrupt a line that is being written. */
function end(logger: Logger, status: number): void {
  const exit = (): never => process.exit(status);
  setTimeout(exit, MAX_FLUSH_MS);
  logger.flush(exit);
}
