import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ProcessGroup } from '../processes/process-group';
import { step } from '../processes/progress';
import { type CheckResult } from './checks';
import { type SuiteName } from './command-line.mjs';
import { clusterSuite } from './suites/cluster';
import { chartSuite } from './suites/chart';
import { conformanceSuite } from './suites/conformance';
import { contractSuite } from './suites/contract';
import { dayTwoSuite } from './suites/day-two';
import { directSuite } from './suites/direct';
import { forwardSuite } from './suites/forward';
import { imagesSuite } from './suites/images';
import { installationSuite } from './suites/installation';
import { logsSuite } from './suites/logs';
import { manifestsSuite } from './suites/manifests';
import { matrixSuite } from './suites/matrix';
import { monitoringSuite } from './suites/monitoring';
import { releaseSuite } from './suites/release';
import { replicasSuite } from './suites/replicas';
import { requirementSuite } from './suites/requirement';
import { rotationSuite } from './suites/rotation';
import { specsSuite } from './suites/specs';
import { type Suite, type SuiteContext } from './suites/suite';
import { templatesSuite } from './suites/templates';
import { openWorld } from './testbed-world';
import { takeWorld } from './world';

const SUITES: Readonly<Record<SuiteName, Suite>> = {
  cluster: clusterSuite,
  direct: directSuite,
  matrix: matrixSuite,
  forward: forwardSuite,
  conformance: conformanceSuite,
  chart: chartSuite,
  contract: contractSuite,
  images: imagesSuite,
  installation: installationSuite,
  'day-two': dayTwoSuite,
  release: releaseSuite,
  manifests: manifestsSuite,
  monitoring: monitoringSuite,
  requirement: requirementSuite,
  replicas: replicasSuite,
  specs: specsSuite,
  templates: templatesSuite,
  rotation: rotationSuite,
  logs: logsSuite,
};

/** Returns the directory for the logs. Each first suite has its own, because other suites may run at the same time. */
const logDirectoryOf = (names: readonly SuiteName[]): string => path.join(process.cwd(), '.testbed', 'logs', names[0] ?? '');

/**
 * Runs suites one after the other in one world.
 *
 * @returns the exit status
 */
export async function runSuites(names: readonly SuiteName[]): Promise<number> {
  const world = await takeWorld();
  const logDirectory = logDirectoryOf(names);
  await rm(logDirectory, { recursive: true, force: true });
  const group = new ProcessGroup(logDirectory);
  const closing: (() => Promise<void>)[] = [() => group.stopAll()];
  const totals = { passed: 0, failed: 0 };
  try {
    const context = await openWorld({ world, group, closing, directory: world.directory, logDirectory });
    for (const name of names) {
      const { passed, failures } = await runSuite(name, context);
      totals.passed += passed;
      totals.failed += failures.length;
    }
  } finally {
    for (const close of closing) {
      await close();
    }
  }
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
  return totals.failed === 0 ? 0 : 1;
}

async function runSuite(name: SuiteName, context: SuiteContext): Promise<CheckResult> {
  const suite: Suite = SUITES[name];
  let result: CheckResult;
  try {
    result = await step(`suite ${name}`, () => suite.run(context));
  } catch (error) {
    result = { passed: 0, failures: [`${name} did not run to its end: ${(error as Error).message}`] };
  }
  for (const failure of result.failures) {
    process.stdout.write(`FAILED ${withoutSecrets(failure, context)}\n`);
  }
  process.stdout.write(`${name}: ${result.passed} passed, ${result.failures.length} failed\n\n`);
  return result;
}

/** Replaces secrets by their names: the output of a failing client may contain them. */
function withoutSecrets(text: string, { secrets }: SuiteContext): string {
  return secrets.reduce((clean, { name, value }) => clean.replaceAll(value, `[${name}]`), text);
}
