// Runs a program in the place of this one.
import { spawn } from 'node:child_process';

/** Ends this process as the child ends. Ctrl-C reaches the child through the terminal; a signal sent to this process alone is passed on. */
export function continueAs(file, args, options = {}) {
  const child = spawn(file, args, { stdio: 'inherit', ...options });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${file} cannot be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code));
}
