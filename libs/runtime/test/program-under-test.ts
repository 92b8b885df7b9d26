import { once } from 'node:events';
import { InstallationSettings } from '../src/installation-settings';
import { runProgram } from '../src/program';

/** How the program ends: `start`, `run`, `failed-start`, `crash` or `nothing-to-do`. The first two need a signal. */
const [, , ending, lines] = process.argv;

void runProgram(
  {
    name: 'connectors-test',
    summary: '',
    version: '0',
    settings: InstallationSettings,
    environment: {},
    start: async (_settings, logger) => {
      for (let line = 1; line <= Number(lines); line += 1) {
        logger.info({ line }, 'line');
      }
      if (ending === 'failed-start') {
        throw new Error('no start');
      }
      if (ending === 'crash') {
        setImmediate(() => void Promise.reject(new Error('crash')));
      }
      if (ending === 'nothing-to-do') {
        return { stop: async () => undefined };
      }
      // Keeps the process alive, as a server does; otherwise it might end before the signal arrives.
      setInterval(() => undefined, 60_000);
      // Tells the test to send the signal. The test then ends the start by closing standard input.
      process.stderr.write('starting\n');
      const ended = once(process.stdin.resume(), 'end');
      if (ending === 'start') {
        await ended;
      }
      if (ending === 'run') {
        process.stderr.write('running\n');
      }
      return {
        stop: async () => {
          logger.info('stopped');
        },
      };
    },
  },
  [],
);
