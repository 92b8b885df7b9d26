import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Checks } from '../checks';
import { tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { type ClusterTests } from './cluster-tests';

/** States of tests that did not run. The suite itself disables `pending` tests. */
const SKIPPED = new Set(['skipped', 'pending']);

const SKIPPED_FILE = path.join(process.cwd(), 'tools/testbed/csi-sanity-skipped.json');

/** A group of skipped tests. */
interface SkippedGroup {
  /** Text that the names of the tests contain. */
  readonly tests: string;
  readonly reason: string;
  /** Whether we skip the tests by a flag. The others skip themselves, because the driver does not have a capability. */
  readonly leftOut?: boolean;
}

interface SpecReport {
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  readonly Failure?: { readonly Message: string };
}

/** Runs the conformance suite of CSI drivers against the driver that runs next to the kubelet. */
export async function checkSanity(checks: Checks, { cluster }: ClusterTests): Promise<void> {
  const directory = path.join(cluster.kubelet.directory, 'csi-sanity');
  await mkdir(directory);
  const groups = JSON.parse(await readFile(SKIPPED_FILE, 'utf8')) as readonly SkippedGroup[];
  const leftOut = groups.filter((group) => group.leftOut).map(({ tests }) => tests.replaceAll(/[[\]]/g, String.raw`\$&`));
  const report = path.join(cluster.directory, 'csi-sanity.json');
  const { stdout } = await tryCommand([
    toolPath('csi-sanity'),
    `--csi.endpoint=unix://${cluster.csi.socket}`,
    `--csi.mountdir=${path.join(directory, 'target')}`,
    `--csi.stagingdir=${path.join(directory, 'staging')}`,
    `--ginkgo.json-report=${report}`,
    '--ginkgo.no-color',
    ...leftOut.map((pattern) => `--ginkgo.skip=${pattern}`),
  ]);
  const suites = JSON.parse(
    await readFile(report, 'utf8').catch(() => {
      throw new Error(`csi-sanity wrote no report: ${stdout.slice(-2000)}`);
    }),
  ) as readonly { readonly SpecReports: readonly SpecReport[] }[];
  const tests = suites.flatMap(({ SpecReports }) => SpecReports).filter(({ LeafNodeType }) => LeafNodeType === 'It');
  for (const test of tests) {
    if (SKIPPED.has(test.State)) {
      continue;
    }
    await checks.check(`csi-sanity: ${nameOf(test)}`, () => {
      if (test.State !== 'passed') {
        throw new Error(`${test.State}: ${test.Failure?.Message.slice(0, 300)}`);
      }
    });
  }
  await checkSkipped(checks, tests.filter(({ State }) => SKIPPED.has(State)).map(nameOf), groups);
}

/** Checks that the list contains all skipped tests, each with a reason, and no others. */
async function checkSkipped(checks: Checks, skipped: readonly string[], groups: readonly SkippedGroup[]): Promise<void> {
  for (const { tests, reason } of groups) {
    const count = skipped.filter((name) => name.includes(tests)).length;
    await checks.check(`csi-sanity: ${count} skipped of ${tests}: ${reason}`, () => {
      if (count === 0) {
        throw new Error(`no test of this group is skipped; remove the group from ${SKIPPED_FILE}`);
      }
    });
  }
  for (const name of skipped.filter((test) => !groups.some(({ tests }) => test.includes(tests)))) {
    await checks.check(`csi-sanity: ${name}`, () => {
      throw new Error(`skipped, but not listed in ${SKIPPED_FILE}; add it with a reason`);
    });
  }
}

/** Returns the name of a test as ginkgo prints it. */
const nameOf = ({ ContainerHierarchyTexts, LeafNodeText }: SpecReport): string =>
  [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(' ');
