import { ConfigurationError } from './settings';

/**
 * Waits for all files that a program reads when it starts. Unlike `Promise.all`, it reports the problems of all of them together.
 *
 * @throws ConfigurationError with all problems; or the first error of another class
 */
export async function readTogether<T extends readonly unknown[]>(readings: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(readings);
  const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const others = errors.filter((error) => !(error instanceof ConfigurationError));
  if (others.length > 0) {
    throw others[0];
  }
  const problems = errors.flatMap((error) => (error as ConfigurationError).problems);
  if (problems.length > 0) {
    throw new ConfigurationError(problems, { cause: errors[0] });
  }
  return Promise.all(readings);
}
