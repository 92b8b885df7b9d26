import { once } from 'node:events';
import { InstallationSettings } from '../src/installation-settings';
import { runProgram } from '../src/program';

/** What happens to the program, `start`, `run`, `failed-start` or `crash`: every way ends it, the first two by a signal. */
const [, , ending, lines] = process.argv;

void runProgram(
  {
    name: 'connectors-test',
    summary: '',
    version: '0',
    settings: InstallationSettings,
    environment: {},
    start: async (_settings, logger) => {
      for (let line = 1; line <= Number(lines); line += 1) logger.info({ line }, 'line');
      if (ending === 'failed-start') throw new Error('no start');
      if (ending === 'crash') setImmediate(() => void Promise.reject(new Error('crash')));
      // Whoever sends the signal hears by this that it is time, and ends the start by closing standard input.
      process.stderr.write('starting\n');
      const ended = once(process.stdin.resume(), 'end');
      if (ending === 'start') await ended;
      if (ending === 'run') process.stderr.write('running\n');
      return {
        stop: async () => {
          logger.info('stopped');
        },
      };
    },
  },
  [],
);
