import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryCommand } from '../processes/run-command';
import { type CheckResult } from './checks';
import { testbedEnvironment } from './testbed.config';

/** One test of a spec file. */
export interface JestTest {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
  readonly messages: readonly string[];
}

export interface JestRun {
  /** Paths relative to the workspace. */
  readonly specs: readonly string[];
  /** Environment variables of the specs, in addition to PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Path of the report. */
  readonly outputFile: string;
}

interface JestReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: JestTest['status'];
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const TWENTY_MINUTES = 20 * 60_000;

/**
 * Runs spec files one after the other.
 *
 * @returns the result of each test; a file that cannot be loaded counts as one failed test
 */
export async function runJest({ specs, env, outputFile }: JestRun): Promise<JestTest[]> {
  const jest = path.join('node_modules', 'jest', 'bin', 'jest.js');
  const { stderr } = await tryCommand(
    [
      process.execPath,
      jest,
      '--runInBand',
      '--testMatch=**/*spec.ts',
      '--json',
      `--outputFile=${outputFile}`,
      '--runTestsByPath',
      ...specs,
    ],
    { env: { PATH: testbedEnvironment.path, HOME: testbedEnvironment.home, ...env }, timeout: TWENTY_MINUTES },
  );
  const report = await readFile(outputFile, 'utf8').catch(() => {
    throw new Error(`Jest wrote no report: ${stderr.slice(-2000)}`);
  });
  return (JSON.parse(report) as JestReport).testResults.flatMap(({ message, assertionResults }) => {
    if (assertionResults.length === 0) {
      return [{ name: 'a spec file', status: 'failed' as const, messages: [message] }];
    }
    return assertionResults.map(({ fullName, status, failureMessages }) => ({ name: fullName, status, messages: failureMessages }));
  });
}

/** Counts the results. All tools are installed here, so a test that did not run has failed, unless it is known to be not applicable. */
export function resultOf(tests: readonly JestTest[], notApplicable: ReadonlySet<string> = new Set()): CheckResult {
  const failures = tests.flatMap(({ name, status, messages }) => {
    if (status === 'passed' || (status !== 'failed' && notApplicable.has(name))) {
      return [];
    }
    return [`${name}: ${status === 'failed' ? messages.join('\n') : `${status}, although all tools are installed`}`];
  });
  return { passed: tests.filter(({ status }) => status === 'passed').length, failures };
}
