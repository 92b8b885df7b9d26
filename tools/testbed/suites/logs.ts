import { searchLogs } from '../secret-search';
import { type Suite } from './suite';

/** Runs last: whatever the other suites logged, at debug level, must hold no secret. */
export const logsSuite: Suite = {
  async run({ secrets, logDirectory }) {
    const finds = await searchLogs(logDirectory, secrets);
    const failures = finds.map((find) => `found ${find}`);
    return { passed: failures.length === 0 ? secrets.length : 0, failures };
  },
};
