import { ConfigurationError } from './settings';

/** Waits for all that is read at the start of a program, as `Promise.all` does. @throws ConfigurationError with the problems of all of them */
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
