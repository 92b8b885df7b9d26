import { searchLogs } from '../secret-search';
import { type Suite } from './suite';

/** Runs last, and checks that the logs of the other suites, at debug level, contain no secret. */
export const logsSuite: Suite = {
  async run({ secrets, logDirectory }) {
    const finds = await searchLogs(logDirectory, secrets);
    const failures = finds.map((find) => `found ${find}`);
    return { passed: failures.length === 0 ? secrets.length : 0, failures };
  },
};
