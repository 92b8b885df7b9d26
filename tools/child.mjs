// Runs a program in place of the current one.
import { spawn } from 'node:child_process';

/**
 * Runs the child, and ends this process with its exit status. The terminal sends Ctrl-C to the child itself; other signals are
 * forwarded.
 */
export function continueAs(file, args, options = {}) {
  const child = spawn(file, args, { stdio: 'inherit', ...options });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${file} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
}
